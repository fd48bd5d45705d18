#include "kernels.h"

#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VERSIONS
#endif

VERSIONS void labsync_dot_rows(const float *restrict rows, const float *restrict query, float *restrict scores,
                               size_t count, size_t width) {
#pragma clang fp reassociate(on) contract(fast)
    for (size_t r = 0; r < count; r++) {
        const float *row = rows + r * width;
        float sum = 0;
        for (size_t c = 0; c < width; c++) sum += row[c] * query[c];
        scores[r] = sum;
    }
}
