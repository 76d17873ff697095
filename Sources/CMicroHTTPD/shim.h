// What Swift can't import from libmicrohttpd: its variadic functions and one macro.
#pragma once
#include <microhttpd.h>
