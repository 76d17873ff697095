// glibc's tuning of its allocator, which Swift's own module of glibc leaves out.
#pragma once
#include <malloc.h>
