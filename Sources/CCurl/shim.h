#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one wrapper for each type of argument.

typedef size_t (*labsync_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode labsync_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode labsync_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode labsync_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode labsync_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode labsync_set_callback(CURL *handle, CURLoption option, labsync_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode labsync_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

// Not a function-like constant that Swift imports.
static const size_t labsync_write_pause = CURL_WRITEFUNC_PAUSE;
static const size_t labsync_write_abort = 0;
