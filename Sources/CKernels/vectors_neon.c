#if defined(__aarch64__)
#include "vectors_levels.h"

#include <arm_neon.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#include "vectors_lanes.h"

#define NAME(function) labsync_##function##_neon

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

/// Two rows a register. A byte holds the weighted count of eight bits, 120 at most; 273 words fit the 16 bits after it.
INLINE integers NAME(bit_sums)(const uint8_t *block, const uint64_t *planes, size_t words, int is_in_order) {
    (void)is_in_order;
    uint16x8_t counts[8];
    for (int pair = 0; pair < 8; pair++) counts[pair] = vdupq_n_u16(0);
    for (size_t word = 0; word < words; word++, block += 128) {
        uint8x16_t plane[4];
        for (size_t bit = 0; bit < 4; bit++)
            plane[bit] = vreinterpretq_u8_u64(vdupq_n_u64(planes[bit * words + word]));
        __builtin_prefetch(block + 2048);
        __builtin_prefetch(block + 2112);
        for (int pair = 0; pair < 8; pair++) {
            uint8x16_t signs = vld1q_u8(block + 16 * pair), bits[4];
            for (int bit = 0; bit < 4; bit++) bits[bit] = vcntq_u8(vandq_u8(signs, plane[bit]));
            uint8x16_t low = vaddq_u8(bits[0], vshlq_n_u8(bits[1], 1));
            uint8x16_t high = vaddq_u8(bits[2], vshlq_n_u8(bits[3], 1));
            counts[pair] = vpadalq_u8(counts[pair], vaddq_u8(low, vshlq_n_u8(high, 2)));
        }
    }
    integers sums;
    for (int pair = 0; pair < 8; pair++) {
        uint64x2_t both = vpaddlq_u32(vpaddlq_u16(counts[pair]));
        sums[2 * pair] = (int32_t)vgetq_lane_u64(both, 0);
        sums[2 * pair + 1] = (int32_t)vgetq_lane_u64(both, 1);
    }
    return sums;
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

#include "vectors_template.h"
#include "vectors_one_by_one.h"

#pragma clang attribute pop
#endif
