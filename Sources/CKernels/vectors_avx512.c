#if defined(__x86_64__)
#include "vectors_levels.h"

#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512vbmi,fma,popcnt"))), apply_to = function)
#include "vectors_lanes.h"

#define NAME(function) labsync_##function##_avx512

INLINE uint32_t NAME(above)(lanes scores, float threshold) {
    return _mm512_cmp_ps_mask((__m512)scores, _mm512_set1_ps(threshold), _CMP_GT_OQ);
}

INLINE uint32_t NAME(at_least)(lanes scores, float threshold) {
    return _mm512_cmp_ps_mask((__m512)scores, _mm512_set1_ps(threshold), _CMP_GE_OQ);
}

/// Without a branch, which would be guessed wrongly for every row that is kept and take longer than the rows between. Packed
/// in registers: packing to memory is slow on some processors.
INLINE void NAME(keep)(labsync_candidates *found, uint32_t mask, int32_t row, lanes scores) {
    const __m512i places = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __mmask16 kept = (__mmask16)mask;
    __m512i rows = _mm512_maskz_compress_epi32(kept, _mm512_add_epi32(_mm512_set1_epi32(row), places));
    _mm512_storeu_si512(found->rows + found->count, rows);
    _mm512_storeu_ps(found->scores + found->count, _mm512_maskz_compress_ps(kept, (__m512)scores));
    found->count += __builtin_popcount(mask);
}

INLINE __m512i NAME(four)(const int8_t *numbers) {
    int32_t bits;
    memcpy(&bits, numbers, 4);
    return _mm512_set1_epi32(bits);
}

INLINE lanes NAME(nibble_sums)(const uint8_t *block, const int8_t *query, size_t width, int is_in_order) {
    __m512i low = _mm512_setzero_si512(), high = low;
    const __m512i mask = _mm512_set1_epi8(15), upper = _mm512_set1_epi8((char)0xf0);
    for (size_t group = 0; group < width / 8; group++) {
        __m512i both = _mm512_loadu_si512(block + 64 * group);
        if (is_in_order) _mm_prefetch((const char *)block + 64 * group + 4096, _MM_HINT_T0);
        low = _mm512_dpbusd_epi32(low, _mm512_and_si512(both, mask), NAME(four)(query + 8 * group));
        // The upper halves count 16 times: one shift at the end in place of one a group.
        high = _mm512_dpbusd_epi32(high, _mm512_and_si512(both, upper), NAME(four)(query + 8 * group + 4));
    }
    return (lanes)_mm512_cvtepi32_ps(_mm512_add_epi32(low, _mm512_srai_epi32(high, 4)));
}

/// A register is a row's four bytes for 16 rows, and a table 64 entries: 16 for each of the four.
INLINE integers NAME(sign_sums)(const uint8_t *block, const uint8_t *tables, size_t groups, int is_in_order) {
    const __m512i nibble = _mm512_set1_epi8(15), which = _mm512_set1_epi32(0x30201000), ones = _mm512_set1_epi8(1);
    __m512i low = _mm512_setzero_si512(), high = low;
    // Into the second cache: so far ahead the first has no room.
    if (is_in_order) _mm_prefetch((const char *)block + 64 * groups + 8192, _MM_HINT_T1);
    for (size_t group = 0; group < groups; group++) {
        __m512i signs = _mm512_loadu_si512(block + 64 * group);
        if (is_in_order) _mm_prefetch((const char *)block + 64 * group + 8192, _MM_HINT_T1);
        // (signs & nibble) | which
        __m512i first = _mm512_ternarylogic_epi32(signs, nibble, which, 0xea);
        __m512i second = _mm512_ternarylogic_epi32(_mm512_srli_epi16(signs, 4), nibble, which, 0xea);
        __m512i worth = _mm512_permutexvar_epi8(first, _mm512_loadu_si512(tables + 128 * group));
        __m512i further = _mm512_permutexvar_epi8(second, _mm512_loadu_si512(tables + 128 * group + 64));
        low = _mm512_dpbusd_epi32(low, worth, ones);
        high = _mm512_dpbusd_epi32(high, further, ones);
    }
    return (integers)_mm512_add_epi32(low, high);
}

INLINE int32_t NAME(byte_sum)(const uint8_t *row, const int8_t *query, size_t width) {
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < width; i += 64)
        sum = _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row + i), _mm512_loadu_si512(query + i));
    return _mm512_reduce_add_epi32(sum);
}

/// The factors behind the codes meet zeros of the query.
INLINE void NAME(pair_sums)(const uint8_t *codes, const int8_t *query, size_t stride, size_t split, size_t end,
                            int32_t sums[2]) {
    (void)end;
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i all = _mm512_setzero_si512(), first = all;
    for (size_t start = 0; start < stride; start += 64) {
        __m512i four = _mm512_loadu_si512(codes + start), part = _mm512_setzero_si512();
        for (int place = 0; place < 4; place++) {
            __m512i levels = _mm512_and_si512(_mm512_srli_epi16(four, 2 * (unsigned)place), mask);
            part = _mm512_dpbusd_epi32(part, levels, _mm512_loadu_si512(query + (size_t)place * stride + start));
        }
        size_t before = split <= start ? 0 : split - start;
        __mmask16 lanes = before >= 64 ? 0xffff : (__mmask16)((1u << before / 4) - 1);
        all = _mm512_add_epi32(all, part);
        first = _mm512_mask_add_epi32(first, lanes, first, part);
    }
    sums[0] = _mm512_reduce_add_epi32(first);
    sums[1] = _mm512_reduce_add_epi32(all) - sums[0];
}

#include "vectors_template.h"

/// Two blocks, unpacked to bytes, against a tile of queries: [TILE][2] sums.
INLINE void NAME(tile_sums)(const uint8_t *bytes, const int8_t *tile, size_t groups, __m512i sums[TILE][2]) {
    for (int query = 0; query < TILE; query++) sums[query][0] = sums[query][1] = _mm512_setzero_si512();
    for (size_t group = 0; group < groups; group++) {
        __m512i first = _mm512_load_si512(bytes + 128 * group), second = _mm512_load_si512(bytes + 128 * group + 64);
        for (int query = 0; query < TILE; query++) {
            __m512i numbers = NAME(four)(tile + (group * TILE + (size_t)query) * 4);
            sums[query][0] = _mm512_dpbusd_epi32(sums[query][0], first, numbers);
            sums[query][1] = _mm512_dpbusd_epi32(sums[query][1], second, numbers);
        }
    }
}

INLINE void NAME(unpack)(const uint8_t *block, size_t width, uint8_t *bytes) {
    const __m512i mask = _mm512_set1_epi8(15);
    for (size_t group = 0; group < width / 8; group++) {
        __m512i both = _mm512_loadu_si512(block + 64 * group);
        _mm_prefetch((const char *)block + 64 * group + 8192, _MM_HINT_T0);
        _mm512_store_si512(bytes + 256 * group, _mm512_and_si512(both, mask));
        _mm512_store_si512(bytes + 256 * group + 128, _mm512_and_si512(_mm512_srli_epi16(both, 4), mask));
    }
}

size_t NAME(scan_nibbles_batch)(const uint8_t *blocks, size_t width, const labsync_byte_query *queries,
                                const int8_t *tiles, size_t count, labsync_run run, labsync_candidates *found) {
    enum { WIDEST = 8192 };
    static _Thread_local uint8_t bytes[32 * WIDEST] __attribute__((aligned(64)));
    size_t stride = labsync_nibble_stride(width);
    for (size_t first = run.start & ~(size_t)31; first < run.end; first += 32) {
        for (size_t query = 0; query < count; query++)
            if (found[query].count + 32 > found[query].capacity) return first > run.start ? first : run.start;
        uint32_t masks[2] = {first + 16 > run.start ? run_mask(run, first) : 0,
                             first + 16 < run.end ? run_mask(run, first + 16) : 0};
        if (!(masks[0] | masks[1])) continue;
        const uint8_t *block[2] = {blocks + first / 16 * stride, blocks + (first / 16 + (masks[1] ? 1 : 0)) * stride};
        NAME(unpack)(block[0], width, bytes);
        NAME(unpack)(block[1], width, bytes + 64);
        for (size_t tile = 0; tile * TILE < count; tile++) {
            __m512i sums[TILE][2];
            NAME(tile_sums)(bytes, tiles + tile * TILE * width, width / 4, sums);
            for (size_t query = tile * TILE; query < count && query < (tile + 1) * TILE; query++)
                for (int half = 0; half < 2; half++)
                    NAME(judge)((lanes)_mm512_cvtepi32_ps(sums[query - tile * TILE][half]), block[half] + width * 8,
                                queries + query, masks[half], run.base + (int32_t)first + 16 * half, found + query);
        }
    }
    return run.end;
}

#pragma clang attribute pop
#endif
