#if defined(__aarch64__)
#include "vectors_levels.h"

#include <arm_neon.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "vectors_lanes.h"

#define NAME(function) labsync_##function##_neon
#define labsync_keep_neon keep_scores

INLINE uint32_t NAME(mask)(const uint32x4_t compared[4]) {
    static const uint8_t places[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint16x8_t low = vcombine_u16(vmovn_u32(compared[0]), vmovn_u32(compared[1]));
    uint16x8_t high = vcombine_u16(vmovn_u32(compared[2]), vmovn_u32(compared[3]));
    uint8x16_t bits = vandq_u8(vcombine_u8(vmovn_u16(low), vmovn_u16(high)), vld1q_u8(places));
    return (uint32_t)vaddv_u8(vget_low_u8(bits)) | (uint32_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

INLINE uint32_t NAME(above)(lanes scores, float threshold) {
    float32x4_t quarters[4];
    uint32x4_t compared[4];
    memcpy(quarters, &scores, 64);
    for (int i = 0; i < 4; i++) compared[i] = vcgtq_f32(quarters[i], vdupq_n_f32(threshold));
    return NAME(mask)(compared);
}

INLINE uint32_t NAME(at_least)(lanes scores, float threshold) {
    float32x4_t quarters[4];
    uint32x4_t compared[4];
    memcpy(quarters, &scores, 64);
    for (int i = 0; i < 4; i++) compared[i] = vcgeq_f32(quarters[i], vdupq_n_f32(threshold));
    return NAME(mask)(compared);
}

/// Sums for four rows a register.
INLINE lanes NAME(nibble_sums)(const uint8_t *block, const int8_t *query, size_t width, int is_in_order) {
    (void)is_in_order;
    int32x4_t low[4], high[4];
    for (int i = 0; i < 4; i++) low[i] = high[i] = vdupq_n_s32(0);
    const uint8x16_t mask = vdupq_n_u8(15);
    // Two groups share 16 numbers of the query: four for the low halves, four for the high ones, and again.
    for (size_t group = 0; group < width / 8; group += 2, block += 128, query += 16) {
        int8x16_t numbers = vld1q_s8(query);
        __builtin_prefetch(block + 2048);
        __builtin_prefetch(block + 2112);
        for (int i = 0; i < 4; i++) {
            uint8x16_t both = vld1q_u8(block + 16 * i);
            low[i] = vdotq_laneq_s32(low[i], vreinterpretq_s8_u8(vandq_u8(both, mask)), numbers, 0);
            high[i] = vdotq_laneq_s32(high[i], vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), numbers, 1);
        }
        for (int i = 0; i < 4; i++) {
            uint8x16_t both = vld1q_u8(block + 64 + 16 * i);
            low[i] = vdotq_laneq_s32(low[i], vreinterpretq_s8_u8(vandq_u8(both, mask)), numbers, 2);
            high[i] = vdotq_laneq_s32(high[i], vreinterpretq_s8_u8(vshrq_n_u8(both, 4)), numbers, 3);
        }
    }
    for (int i = 0; i < 4; i++) low[i] = vaddq_s32(low[i], high[i]);
    integers sums;
    memcpy(&sums, low, 64);
    return __builtin_convertvector(sums, lanes);
}

INLINE integers NAME(sign_sums)(const uint8_t *block, const uint8_t *tables, size_t groups, int is_in_order) {
    (void)is_in_order;
    const uint8x16_t mask = vdupq_n_u8(15);
    uint32x4_t sums[4];
    for (int i = 0; i < 4; i++) sums[i] = vdupq_n_u32(0);
    for (size_t group = 0; group < groups; group++, block += 64, tables += 128) {
        // The four bytes of 16 rows, byte by byte.
        uint8x16x4_t places = vld4q_u8(block);
        __builtin_prefetch(block + 2048);
        uint16x8_t low = vdupq_n_u16(0), high = low;
        for (int j = 0; j < 4; j++) {
            uint8x16_t one = vqtbl1q_u8(vld1q_u8(tables + 16 * j), vandq_u8(places.val[j], mask));
            uint8x16_t other = vqtbl1q_u8(vld1q_u8(tables + 64 + 16 * j), vshrq_n_u8(places.val[j], 4));
            low = vaddq_u16(low, vaddl_u8(vget_low_u8(one), vget_low_u8(other)));
            high = vaddq_u16(high, vaddl_u8(vget_high_u8(one), vget_high_u8(other)));
        }
        sums[0] = vaddw_u16(sums[0], vget_low_u16(low));
        sums[1] = vaddw_u16(sums[1], vget_high_u16(low));
        sums[2] = vaddw_u16(sums[2], vget_low_u16(high));
        sums[3] = vaddw_u16(sums[3], vget_high_u16(high));
    }
    integers joined;
    memcpy(&joined, sums, 64);
    return joined;
}

/// Products want both sides signed: a byte less 128, and 128 times the query's sum in return.
INLINE int32_t NAME(byte_sum)(const uint8_t *row, const int8_t *query, size_t width) {
    int32x4_t sums[2] = {vdupq_n_s32(0), vdupq_n_s32(0)}, own[2] = {sums[0], sums[1]};
    const uint8x16_t middle = vdupq_n_u8(128);
    const int8x16_t ones = vdupq_n_s8(1);
    for (size_t i = 0; i < width; i += 32)
        for (size_t half = 0; half < 2; half++) {
            int8x16_t numbers = vld1q_s8(query + i + 16 * half);
            int8x16_t bytes = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row + i + 16 * half), middle));
            sums[half] = vdotq_s32(sums[half], bytes, numbers);
            own[half] = vdotq_s32(own[half], ones, numbers);
        }
    return vaddvq_s32(vaddq_s32(sums[0], sums[1])) + 128 * vaddvq_s32(vaddq_s32(own[0], own[1]));
}

#include "vectors_plain_pairs.h"
#include "vectors_template.h"
#include "vectors_one_by_one.h"

#pragma clang attribute pop
#endif
