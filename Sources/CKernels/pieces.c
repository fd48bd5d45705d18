#include "kernels.h"

#include <limits.h>

// VPOPCNTDQ counts eight words at once; POPCNT one; without either the compiler adds bits up.
#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("avx512vpopcntdq", "arch=x86-64-v3", "popcnt", "default")))
#else
#define VERSIONS
#endif

VERSIONS void labsync_best_matches(const uint64_t *codes, size_t pieces, const uint64_t *planes, size_t queries,
                                   size_t words, int32_t *best) {
    for (size_t q = 0; q < queries; q++) best[q] = INT32_MIN;
    for (size_t p = 0; p < pieces; p++) {
        const uint64_t *code = codes + p * words;
        uint64_t set = 0;
        for (size_t w = 0; w < words; w++) set += (uint64_t)__builtin_popcountll(code[w]);
        for (size_t q = 0; q < queries; q++) {
            const uint64_t *plane = planes + q * words * 8;
            uint64_t counts[8] = {0};
            for (size_t w = 0; w < words; w++)
                for (size_t b = 0; b < 8; b++) counts[b] += (uint64_t)__builtin_popcountll(code[w] & plane[w * 8 + b]);
            uint64_t sum = 0;
            for (size_t b = 0; b < 8; b++) sum += counts[b] << b;
            int32_t score = (int32_t)sum - 128 * (int32_t)set;
            best[q] = score > best[q] ? score : best[q];
        }
    }
}
