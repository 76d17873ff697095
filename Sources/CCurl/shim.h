// What Swift can't import from libcurl: its variadic setters and getters, typed one by one.
#pragma once
#include <curl/curl.h>
