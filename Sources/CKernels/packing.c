#include "vectors_lanes.h"
#include "vectors_levels.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VERSIONS
#endif

size_t labsync_nibble_stride(size_t width) { return width * 8 + 128; }
size_t labsync_sign_stride(size_t width) { return width * 2 + 64; }

// A residual's length, never too short: the sum of squares in double is good to 1e-12, a float to 6e-8.
static float length_above(double squares) { return (float)(sqrt(squares) * (1 + 1e-6) + 1e-12); }

// The step between 16 levels that loses least of a normal distribution, in standard deviations (Max 1960, table II).
static const float normal_step = 0.3352f;

static inline __attribute__((always_inline)) void pack_nibble_row(const float *row, size_t width, size_t numbers, uint8_t *codes, float *scale,
                                     float *residual) {
#pragma clang fp reassociate(on)
    float squares = 0;
    for (size_t i = 0; i < numbers; i++) squares += row[i] * row[i];
    float step = normal_step * sqrtf(squares / (float)numbers);
    float inverse = step > 0 ? 1 / step : 0;
    float with = 0, own = 0;
    for (size_t i = 0; i < numbers; i++) {
        float level = floorf(row[i] * inverse + 8);
        level = level < 0 ? 0 : level > 15 ? 15 : level;
        codes[i] = (uint8_t)level;
        with += row[i] * (level - 7.5f);
        own += (level - 7.5f) * (level - 7.5f);
    }
    memset(codes + numbers, 0, width - numbers);
    // The best scale for these levels: what is left stands upright on them.
    *scale = with / own;
    double left = 0;
    for (size_t i = 0; i < numbers; i++) {
        double d = (double)row[i] - (double)*scale * ((double)codes[i] - 7.5);
        left += d * d;
    }
    *residual = length_above(left);
}

VERSIONS float labsync_longest_row(const float *rows, size_t width, size_t count) {
#pragma clang fp reassociate(on)
    double longest = 0;
    for (size_t r = 0; r < count; r++) {
        double squares = 0;
        for (size_t i = 0; i < width; i++) squares += (double)rows[r * width + i] * (double)rows[r * width + i];
        longest = squares > longest ? squares : longest;
    }
    return length_above(longest);
}

VERSIONS void labsync_pack_nibbles(const float *rows, size_t width, size_t numbers, size_t count, uint8_t *blocks) {
    uint8_t codes[16 * width];
    for (size_t first = 0; first < count; first += 16) {
        uint8_t *block = blocks + first / 16 * labsync_nibble_stride(width);
        float *ends = (float *)(block + width * 8);
        memset(codes, 0, sizeof(codes));
        memset(ends, 0, 128);
        for (size_t lane = 0; lane < 16 && first + lane < count; lane++)
            pack_nibble_row(rows + (first + lane) * width, width, numbers, codes + lane * width, ends + lane,
                            ends + 16 + lane);
        for (size_t g = 0; g < width / 8; g++)
            for (size_t lane = 0; lane < 16; lane++) {
                uint32_t low, high;
                memcpy(&low, codes + lane * width + 8 * g, 4);
                memcpy(&high, codes + lane * width + 8 * g + 4, 4);
                low |= high << 4;
                memcpy(block + 64 * g + 4 * lane, &low, 4);
            }
    }
}

VERSIONS void labsync_pack_bytes(const float *rows, size_t width, size_t numbers, size_t count, uint8_t *bytes,
                                 float *scales, float *residuals) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < count; r++) {
        const float *row = rows + r * width;
        uint8_t *codes = bytes + r * width;
        float largest = 0;
        for (size_t i = 0; i < numbers; i++) {
            float size = __builtin_fabsf(row[i]);
            largest = size > largest ? size : largest;
        }
        float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
        double left = 0;
        for (size_t i = 0; i < numbers; i++) {
            float level = __builtin_floorf(row[i] * inverse + 0.5f);
            level = level < -127 ? -127 : level > 127 ? 127 : level;
            codes[i] = (uint8_t)(int)(level + 128);
            double d = (double)row[i] - (double)scale * (double)level;
            left += d * d;
        }
        memset(codes + numbers, 128, width - numbers);
        scales[r] = scale;
        residuals[r] = length_above(left);
    }
}

VERSIONS void labsync_pack_signs(const float *rows, const float *centre, size_t stride, size_t width, size_t numbers,
                                 size_t count, uint8_t *blocks) {
#pragma clang fp reassociate(on)
    memset(blocks, 0, (count + 15) / 16 * labsync_sign_stride(width));
    for (size_t r = 0; r < count; r++) {
        const float *row = rows + r * stride;
        uint8_t *block = blocks + r / 16 * labsync_sign_stride(width);
        float squares = 0, sizes = 0;
        for (size_t start = 0; start < numbers; start += 32) {
            uint32_t signs = 0;
            for (size_t i = 0; i < 32 && start + i < numbers; i++) {
                float number = row[start + i] - centre[start + i];
                signs |= (uint32_t)(number > 0) << i;
                squares += number * number;
                sizes += __builtin_fabsf(number);
            }
            memcpy(block + start * 2 + r % 16 * 4, &signs, 4);
        }
        // Gao and Long 2024, eq. 12: a row about its inner product with its own signs.
        float factor = sizes > 0 ? squares / sizes : 0;
        memcpy(block + width * 2 + r % 16 * 4, &factor, 4);
    }
}

void labsync_make_sign_tables(const float *query, size_t width, size_t numbers, uint8_t *tables, float *step,
                              float *base) {
    float largest = 0, all = 0;
    for (size_t start = 0; start < numbers; start += 4) {
        float sizes = 0;
        for (size_t i = start; i < start + 4 && i < numbers; i++) sizes += fabsf(query[i]);
        largest = sizes > largest ? sizes : largest;
        all += sizes;
    }
    *base = -all;
    *step = 2 * largest / 255;
    float inverse = largest > 0 ? 255 / (2 * largest) : 0;
    memset(tables, 0, width * 4);
    for (size_t start = 0; start < numbers; start += 4) {
        // Of group, half and byte.
        uint8_t *table = tables + start / 32 * 128 + start / 4 % 2 * 64 + start / 8 % 4 * 16;
        for (unsigned nibble = 0; nibble < 16; nibble++) {
            // Above the least: what signs that agree with the query's are worth twice.
            float worth = 0;
            for (size_t i = 0; i < 4 && start + i < numbers; i++)
                if ((nibble >> i & 1) == (query[start + i] > 0)) worth += 2 * fabsf(query[start + i]);
            float entry = worth * inverse + 0.5f;
            table[nibble] = (uint8_t)(entry < 255 ? entry : 255);
        }
    }
}

// The step between four levels that loses least of a normal distribution, in standard deviations (Max 1960, table II).
static const float pair_step = 0.9957f;

size_t labsync_pair_stride(const labsync_pair_layout *layout) {
    return (layout->first_bytes + layout->second_bytes + 2 * sizeof(float) + 63) / 64 * 64;
}

static inline __attribute__((always_inline)) float pack_pair_part(const float *row, const float *centre, size_t count,
                                                                  uint8_t *codes) {
#pragma clang fp reassociate(on)
    float squares = 0, with = 0;
    for (size_t i = 0; i < count; i++) squares += (row[i] - centre[i]) * (row[i] - centre[i]);
    if (!(squares > 0)) return 0;
    float inverse = 1 / (pair_step * sqrtf(squares / (float)count));
    for (size_t i = 0; i < count; i++) {
        float number = row[i] - centre[i], level = floorf(number * inverse + 2);
        level = level < 0 ? 0 : level > 3 ? 3 : level;
        with += number * (level - 1.5f);
        codes[i / 4] |= (uint8_t)((unsigned)level << 2 * (i % 4));
    }
    // As for signs: a row about its inner product with its own levels.
    return with > 0 ? squares / with : 0;
}

VERSIONS void labsync_pack_pairs(const float *rows, const float *centre, size_t stride,
                                 const labsync_pair_layout *layout, size_t count, uint8_t *codes) {
    size_t step = labsync_pair_stride(layout), start = layout->second_start;
    memset(codes, 0, count * step);
    for (size_t r = 0; r < count; r++, rows += stride, codes += step) {
        float factors[2] = {
            pack_pair_part(rows, centre, layout->first, codes),
            pack_pair_part(rows + start, centre + start, layout->second, codes + layout->first_bytes),
        };
        memcpy(codes + layout->first_bytes + layout->second_bytes, factors, sizeof(factors));
    }
}

VERSIONS void labsync_orthonormalise(float *rows, size_t count, size_t width) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width, before = 0, after = 0;
        for (size_t i = 0; i < width; i++) before += row[i] * row[i];
        for (size_t other = 0; other < r; other++) {
            const float *upright = rows + other * width;
            float shadow = 0;
            for (size_t i = 0; i < width; i++) shadow += row[i] * upright[i];
            for (size_t i = 0; i < width; i++) row[i] -= shadow * upright[i];
        }
        for (size_t i = 0; i < width; i++) after += row[i] * row[i];
        // Less than rounding leaves is no direction.
        float inverse = after > before * 1e-9f && after > 0 ? 1 / sqrtf(after) : 0;
        for (size_t i = 0; i < width; i++) row[i] *= inverse;
    }
}

size_t labsync_tile_size(size_t width, size_t count) { return (count + TILE - 1) / TILE * TILE * width; }

void labsync_tile_queries(const labsync_byte_query *queries, size_t width, size_t count, int8_t *tiles) {
    memset(tiles, 0, labsync_tile_size(width, count));
    for (size_t q = 0; q < count; q++)
        for (size_t g = 0; g < width / 4; g++)
            memcpy(tiles + q / TILE * TILE * width + (g * TILE + q % TILE) * 4, queries[q].numbers + 4 * g, 4);
}

// Turning.

static inline __attribute__((always_inline)) lanes hadamard_lanes(lanes v) {
    const lanes one = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
    const lanes two = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1};
    const lanes four = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1};
    const lanes eight = {1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1};
    v = v * one + __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    v = v * two + __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    v = v * four + __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    return v * eight + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
}

static inline __attribute__((always_inline)) void hadamard(float *numbers, size_t count) {
    if (count >= 16) {
        for (size_t i = 0; i < count; i += 16) {
            lanes v = hadamard_lanes(load_lanes(numbers + i));
            memcpy(numbers + i, &v, 64);
        }
    }
    for (size_t half = count >= 16 ? 16 : 1; half < count; half *= 2)
        for (size_t start = 0; start < count; start += 2 * half)
            for (size_t i = start; i < start + half; i++) {
                float sum = numbers[i] + numbers[i + half];
                numbers[i + half] = numbers[i] - numbers[i + half];
                numbers[i] = sum;
            }
}

VERSIONS void labsync_turn(const float *rows, size_t width, size_t numbers, size_t count, const uint32_t *flips,
                           float *turned) {
    size_t power = 1;
    while (2 * power <= numbers) power *= 2;
    // Each transform lengthens by the root of its size, each mixing by that of two.
    float scale = 1 / sqrtf((float)power), root = sqrtf(0.5f);
    size_t half = numbers / 2;
    for (size_t r = 0; r < count; r++) {
        float *row = turned + r * width;
        memcpy(row, rows + r * width, width * 4);
        for (size_t round = 0; round < 4; round++) {
            for (size_t i = 0; i < numbers; i++) {
                uint32_t bits;
                memcpy(&bits, row + i, 4);
                bits ^= flips[round * width + i];
                memcpy(row + i, &bits, 4);
            }
            float *part = round % 2 ? row + numbers - power : row;
            hadamard(part, power);
            for (size_t i = 0; i < power; i++) part[i] *= scale;
            if (power == numbers) continue;
            for (size_t i = 0; i < half; i++) {
                float sum = (row[i] + row[i + half]) * root;
                row[i + half] = (row[i] - row[i + half]) * root;
                row[i] = sum;
            }
        }
    }
}
