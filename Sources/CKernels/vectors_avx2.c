#if defined(__x86_64__)
#include "vectors_levels.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,popcnt"))), apply_to = function)
#include "vectors_lanes.h"

#define NAME(function) labsync_##function##_avx2
#define labsync_keep_avx2 keep_scores

INLINE uint32_t NAME(mask)(lanes scores, lanes other, int isStrict) {
    __m256 low, high, otherLow, otherHigh;
    memcpy(&low, &scores, 32);
    memcpy(&high, (const char *)&scores + 32, 32);
    memcpy(&otherLow, &other, 32);
    memcpy(&otherHigh, (const char *)&other + 32, 32);
    if (isStrict) {
        low = _mm256_cmp_ps(low, otherLow, _CMP_GT_OQ);
        high = _mm256_cmp_ps(high, otherHigh, _CMP_GT_OQ);
    } else {
        low = _mm256_cmp_ps(low, otherLow, _CMP_GE_OQ);
        high = _mm256_cmp_ps(high, otherHigh, _CMP_GE_OQ);
    }
    return (uint32_t)_mm256_movemask_ps(low) | (uint32_t)_mm256_movemask_ps(high) << 8;
}

INLINE uint32_t NAME(above)(lanes scores, float threshold) { return NAME(mask)(scores, (lanes){0} + threshold, 1); }
INLINE uint32_t NAME(at_least)(lanes scores, float threshold) { return NAME(mask)(scores, (lanes){0} + threshold, 0); }

INLINE __m256i NAME(four)(const int8_t *numbers) {
    int32_t bits;
    memcpy(&bits, numbers, 4);
    return _mm256_set1_epi32(bits);
}

INLINE lanes NAME(nibble_sums)(const uint8_t *block, const int8_t *query, size_t width, int is_in_order) {
    (void)is_in_order;
    const __m256i mask = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    // 2 · 15 · 127 at most a product of pairs: eight of them fit in 16 bits.
    for (size_t group = 0; group < width / 8; group += 4)
        for (int half = 0; half < 2; half++) {
            __m256i short_sums = _mm256_setzero_si256();
            for (size_t g = group; g < group + 4; g++) {
                __m256i both = _mm256_loadu_si256((const __m256i *)(block + 64 * g + 32 * (size_t)half));
                __m256i high = _mm256_and_si256(_mm256_srli_epi16(both, 4), mask);
                __m256i products = _mm256_maddubs_epi16(_mm256_and_si256(both, mask), NAME(four)(query + 8 * g));
                short_sums = _mm256_add_epi16(short_sums, products);
                short_sums = _mm256_add_epi16(short_sums, _mm256_maddubs_epi16(high, NAME(four)(query + 8 * g + 4)));
            }
            sums[half] = _mm256_add_epi32(sums[half], _mm256_madd_epi16(short_sums, ones));
        }
    integers joined;
    memcpy(&joined, sums, 64);
    return __builtin_convertvector(joined, lanes);
}

/// The four bytes of 16 rows, byte by byte: a register for each place.
INLINE void NAME(by_place)(const uint8_t *block, __m128i places[4]) {
    const __m128i together = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m128i rows[4];
    for (int i = 0; i < 4; i++) rows[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)block + i), together);
    __m128i low = _mm_unpacklo_epi32(rows[0], rows[1]), other_low = _mm_unpacklo_epi32(rows[2], rows[3]);
    __m128i high = _mm_unpackhi_epi32(rows[0], rows[1]), other_high = _mm_unpackhi_epi32(rows[2], rows[3]);
    places[0] = _mm_unpacklo_epi64(low, other_low);
    places[1] = _mm_unpackhi_epi64(low, other_low);
    places[2] = _mm_unpacklo_epi64(high, other_high);
    places[3] = _mm_unpackhi_epi64(high, other_high);
}

INLINE integers NAME(sign_sums)(const uint8_t *block, const uint8_t *tables, size_t groups, int is_in_order) {
    (void)is_in_order;
    const __m128i mask = _mm_set1_epi8(15);
    __m256i sums[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    for (size_t group = 0; group < groups; group++, block += 64, tables += 128) {
        __m128i places[4];
        NAME(by_place)(block, places);
        __m256i short_sums = _mm256_setzero_si256();
        for (int j = 0; j < 4; j++) {
            __m128i high = _mm_and_si128(_mm_srli_epi16(places[j], 4), mask);
            __m128i one = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)tables + j), _mm_and_si128(places[j], mask));
            __m128i other = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)tables + 4 + j), high);
            short_sums = _mm256_add_epi16(short_sums, _mm256_cvtepu8_epi16(one));
            short_sums = _mm256_add_epi16(short_sums, _mm256_cvtepu8_epi16(other));
        }
        sums[0] = _mm256_add_epi32(sums[0], _mm256_cvtepu16_epi32(_mm256_castsi256_si128(short_sums)));
        sums[1] = _mm256_add_epi32(sums[1], _mm256_cvtepu16_epi32(_mm256_extracti128_si256(short_sums, 1)));
    }
    integers joined;
    memcpy(&joined, sums, 64);
    return joined;
}

INLINE int32_t NAME(byte_sum)(const uint8_t *row, const int8_t *query, size_t width) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t i = 0; i < width; i += 16) {
        __m256i left = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + i)));
        __m256i right = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(query + i)));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(left, right));
    }
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}

#include "vectors_plain_pairs.h"
#include "vectors_template.h"
#include "vectors_one_by_one.h"

#pragma clang attribute pop
#endif
