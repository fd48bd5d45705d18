#include "vectors_lanes.h"
#include "vectors_levels.h"

#define NAME(function) labsync_##function##_portable
#define labsync_keep_portable keep_scores

INLINE uint32_t NAME(above)(lanes scores, float threshold) {
    uint32_t mask = 0;
    for (int i = 0; i < 16; i++) mask |= (uint32_t)(scores[i] > threshold) << i;
    return mask;
}

INLINE uint32_t NAME(at_least)(lanes scores, float threshold) {
    uint32_t mask = 0;
    for (int i = 0; i < 16; i++) mask |= (uint32_t)(scores[i] >= threshold) << i;
    return mask;
}

INLINE lanes NAME(nibble_sums)(const uint8_t *block, const int8_t *query, size_t width, int is_in_order) {
    (void)is_in_order;
    int32_t sums[16] = {0};
    for (size_t group = 0; group < width / 8; group++, block += 64, query += 8)
        for (int row = 0; row < 16; row++)
            for (int j = 0; j < 4; j++)
                sums[row] += (block[4 * row + j] & 15) * query[j] + (block[4 * row + j] >> 4) * query[4 + j];
    integers loaded;
    memcpy(&loaded, sums, 64);
    return __builtin_convertvector(loaded, lanes);
}

INLINE integers NAME(sign_sums)(const uint8_t *block, const uint8_t *tables, size_t groups, int is_in_order) {
    (void)is_in_order;
    integers sums = {0};
    for (size_t group = 0; group < groups; group++, block += 64, tables += 128)
        for (int row = 0; row < 16; row++)
            for (int j = 0; j < 4; j++) {
                uint8_t signs = block[4 * row + j];
                sums[row] += tables[16 * j + (signs & 15)] + tables[64 + 16 * j + (signs >> 4)];
            }
    return sums;
}

INLINE int32_t NAME(byte_sum)(const uint8_t *row, const int8_t *query, size_t width) {
    int32_t sum = 0;
    for (size_t i = 0; i < width; i++) sum += row[i] * query[i];
    return sum;
}

#include "vectors_plain_pairs.h"
#include "vectors_template.h"
#include "vectors_one_by_one.h"
