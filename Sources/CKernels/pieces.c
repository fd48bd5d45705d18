#include "kernels.h"

#include <limits.h>
#include <math.h>
#include <string.h>

// Two layouts. Planes [queries, words, 8]: the numbers plus 128 bit by bit, so that bit b of number 64 · w + i is bit i of
// planes[q][w][b]. Blocks [queries / 16, 16 · words, 16, 4]: 16 queries side by side, four numbers each, as one
// instruction multiplies them.

// VPOPCNTDQ counts eight words at once; POPCNT one; without either the compiler adds bits up.
#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("avx512vpopcntdq", "arch=x86-64-v3", "popcnt", "default")))
#else
#define VERSIONS
#endif

VERSIONS static void match_planes(const uint64_t *codes, size_t pieces, const uint64_t *planes, size_t queries,
                                  size_t words, int32_t *best) {
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

static void prepare_planes(const int8_t *numbers, size_t queries, size_t words, uint64_t *planes) {
    memset(planes, 0, queries * words * 64);
    for (size_t q = 0; q < queries; q++)
        for (size_t i = 0; i < 64 * words; i++) {
            uint64_t number = (uint64_t)(numbers[q * 64 * words + i] + 128);
            uint64_t *plane = planes + (q * words + i / 64) * 8;
            for (size_t b = 0; b < 8; b++) plane[b] |= (number >> b & 1) << i % 64;
        }
}

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#define BLOCKS __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// Codes at a time, and the longest that are taken so: their bits become bytes on the stack.
enum { SIDE_BY_SIDE = 4, MOST_WORDS = 32 };

static int uses_blocks(size_t words) {
    return words <= MOST_WORDS && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vnni");
}

// `count` is known where this is inlined. Two sums for each code hide the latency.
BLOCKS static inline __attribute__((always_inline)) __m512i match_block(const uint8_t *bits, size_t count, size_t words,
                                                                        const int8_t *block, __m512i best) {
    __m512i sums[SIDE_BY_SIDE][2];
    for (size_t c = 0; c < count; c++) sums[c][0] = sums[c][1] = _mm512_setzero_si512();
    for (size_t k = 0; k < 16 * words; k += 2)
        for (size_t half = 0; half < 2; half++) {
            __m512i numbers = _mm512_load_si512(block + 64 * (k + half));
            for (size_t c = 0; c < count; c++) {
                int32_t four;
                memcpy(&four, bits + 64 * words * c + 4 * (k + half), 4);
                sums[c][half] = _mm512_dpbusd_epi32(sums[c][half], _mm512_set1_epi32(four), numbers);
            }
        }
    for (size_t c = 0; c < count; c++) best = _mm512_max_epi32(best, _mm512_add_epi32(sums[c][0], sums[c][1]));
    return best;
}

BLOCKS static void match_blocks(const uint64_t *codes, size_t pieces, const int8_t *blocks, size_t queries, size_t words,
                                int32_t *best) {
    uint8_t bits[SIDE_BY_SIDE * 64 * MOST_WORDS];
    for (size_t p = 0; p < pieces;) {
        size_t count = pieces - p < SIDE_BY_SIDE ? 1 : SIDE_BY_SIDE;
        for (size_t w = 0; w < count * words; w++)
            _mm512_storeu_si512(bits + 64 * w, _mm512_maskz_set1_epi8(codes[p * words + w], 1));
        for (size_t q = 0; q < queries; q += 16) {
            const int8_t *block = blocks + q * 64 * words;
            __mmask16 lanes = queries - q < 16 ? (__mmask16)((1u << (queries - q)) - 1) : 0xffff;
            __m512i found = _mm512_maskz_loadu_epi32(lanes, best + q);
            found = count == 1 ? match_block(bits, 1, words, block, found)
                               : match_block(bits, SIDE_BY_SIDE, words, block, found);
            _mm512_mask_storeu_epi32(best + q, lanes, found);
        }
        p += count;
    }
}

static void prepare_blocks(const int8_t *numbers, size_t queries, size_t words, int8_t *blocks) {
    memset(blocks, 0, labsync_prepared_size(queries, words));
    for (size_t q = 0; q < queries; q++)
        for (size_t k = 0; k < 16 * words; k++)
            memcpy(blocks + (q / 16 * 16 * words + k) * 64 + q % 16 * 4, numbers + q * 64 * words + 4 * k, 4);
}
#else
static int uses_blocks(size_t words) { return (void)words, 0; }
static void match_blocks(const uint64_t *codes, size_t pieces, const int8_t *blocks, size_t queries, size_t words,
                         int32_t *best) {
    (void)codes, (void)pieces, (void)blocks, (void)queries, (void)words, (void)best;
}
static void prepare_blocks(const int8_t *numbers, size_t queries, size_t words, int8_t *blocks) {
    (void)numbers, (void)queries, (void)words, (void)blocks;
}
#endif

size_t labsync_prepared_size(size_t queries, size_t words) { return (queries + 15) / 16 * 16 * 64 * words; }

void labsync_prepare_matches(const int8_t *numbers, size_t queries, size_t words, void *prepared) {
    if (uses_blocks(words))
        prepare_blocks(numbers, queries, words, prepared);
    else
        prepare_planes(numbers, queries, words, prepared);
}

void labsync_best_matches(const uint64_t *codes, size_t pieces, const void *prepared, size_t queries, size_t words,
                          int32_t *best) {
    for (size_t q = 0; q < queries; q++) best[q] = INT32_MIN;
    if (uses_blocks(words))
        match_blocks(codes, pieces, prepared, queries, words, best);
    else
        match_planes(codes, pieces, prepared, queries, words, best);
}

float labsync_round_to_bytes(const float *row, size_t width, int8_t *numbers, int32_t *total) {
    float largest = 0;
    for (size_t i = 0; i < width; i++) largest = fmaxf(largest, fabsf(row[i]));
    float step = fmaxf(largest / 127, 0x1p-126f);
    int32_t sum = 0;
    for (size_t i = 0; i < width; i++) {
        // Away from zero, as halves are rounded by hand.
        int32_t number = (int32_t)(row[i] / step + copysignf(0.5f, row[i]));
        numbers[i] = (int8_t)number;
        sum += number;
    }
    *total = sum;
    return step;
}
