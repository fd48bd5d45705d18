#include "kernels.h"
#include "vectors_lanes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// The compiler makes one version of each loop for each of these and picks at load time.
#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VERSIONS
#endif

// exp(x) for x <= 0 and not much above: 2^k * 2^f, f by a polynomial (Cephes expf), relative error 1e-7.
static inline __attribute__((always_inline)) float exponential(float x) {
    x = x < -87.0f ? -87.0f : x;
    float k = __builtin_floorf(x * 1.44269504f + 0.5f);
    float r = x - k * 0.693359375f - k * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)k + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    return p * scale;
}

static inline __attribute__((always_inline)) float gelu(float x) {
    float z = __builtin_fabsf(x) * 0.70710678f;
    float t = 1.0f / (1.0f + 0.3275911f * z);
    float poly = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
    float erf = 1.0f - poly * exponential(-z * z);
    return 0.5f * x * (1.0f + (x < 0 ? -erf : erf));
}

VERSIONS void labsync_add_bias(float *restrict rows, const float *restrict bias, size_t count, size_t width) {
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        for (size_t c = 0; c < width; c++) row[c] += bias[c];
    }
}

VERSIONS void labsync_add_bias_gelu(float *restrict rows, const float *restrict bias, size_t count, size_t width) {
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        for (size_t c = 0; c < width; c++) row[c] = gelu(row[c] + bias[c]);
    }
}

VERSIONS void labsync_add_norm(float *restrict rows, const float *bias, const float *residual, const float *scale,
                               const float *shift, float epsilon, size_t count, size_t width) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        if (bias)
            for (size_t c = 0; c < width; c++) row[c] += bias[c];
        if (residual) {
            const float *other = residual + r * width;
            for (size_t c = 0; c < width; c++) row[c] += other[c];
        }
        float sum = 0;
        for (size_t c = 0; c < width; c++) sum += row[c];
        float mean = sum / (float)width;
        float squares = 0;
        for (size_t c = 0; c < width; c++) {
            float d = row[c] - mean;
            squares += d * d;
        }
        float factor = 1.0f / sqrtf(squares / (float)width + epsilon);
        for (size_t c = 0; c < width; c++) row[c] = (row[c] - mean) * factor * scale[c] + shift[c];
    }
}

enum { HEAD = 32, TOGETHER = 8 };

static size_t padded(size_t length) { return (length + 15) / 16 * 16; }

size_t labsync_attention_scratch(size_t length) { return (HEAD + TOGETHER) * padded(length); }

// Swaps what lies off the diagonal of rows `step` apart; steps of 8, 4, 2 and 1 turn rows to columns.
#define SWAP(step)                                                                                                     \
    for (size_t i = 0; i < 16; i++)                                                                                    \
        if (!(i & step)) {                                                                                             \
            lanes upper = rows[i], lower = rows[i + step];                                                             \
            rows[i] = __builtin_shufflevector(upper, lower, FIRST_##step);                                             \
            rows[i + step] = __builtin_shufflevector(upper, lower, SECOND_##step);                                     \
        }
#define FIRST_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define SECOND_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31
#define FIRST_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define SECOND_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define FIRST_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define SECOND_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define FIRST_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define SECOND_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31

// 16 numbers of up to 16 keys to columns[number][key]; keys that are missing are 0.
INLINE void turn_keys(const float *keys, size_t count, size_t stride, float *columns, size_t room) {
    lanes rows[16] = {{0}};
    for (size_t i = 0; i < 16; i++)
        if (i < count) rows[i] = load_lanes(keys + i * stride);
    SWAP(8)
    SWAP(4)
    SWAP(2)
    SWAP(1)
    for (size_t i = 0; i < 16; i++) memcpy(columns + i * room, &rows[i], 64);
}

// row[0..<length] becomes e^(row - its largest), the rest 0; what they sum up to.
INLINE float exponentials(float *row, size_t length, size_t room) {
#pragma clang fp reassociate(on)
    for (size_t i = length; i < room; i++) row[i] = -1e30f;
    lanes best = load_lanes(row);
    for (size_t i = 16; i < room; i += 16) best = __builtin_elementwise_max(best, load_lanes(row + i));
    float largest = best[0];
    for (size_t i = 1; i < 16; i++) largest = best[i] > largest ? best[i] : largest;
    float sum = 0;
    for (size_t i = 0; i < room; i++) {
        row[i] = exponential(row[i] - largest);
        sum += row[i];
    }
    return sum;
}

// What some queries make of the next 16 or 32 keys.
INLINE void score_some(const float *queries, size_t count, size_t stride, const float *keys, size_t room, size_t blocks,
                       float factor, float *weights) {
    lanes sums[TOGETHER][2] = {{{0}}};
    for (size_t d = 0; d < HEAD; d++)
        for (size_t q = 0; q < count; q++)
            for (size_t b = 0; b < blocks; b++)
                sums[q][b] += load_lanes(keys + d * room + 16 * b) * queries[q * stride + d];
    for (size_t q = 0; q < count; q++)
        for (size_t b = 0; b < blocks; b++) {
            lanes scores = sums[q][b] * factor;
            memcpy(weights + q * room + 16 * b, &scores, 64);
        }
}

// A few queries at once: each key and value is loaded once for all of them.
INLINE void attend_some(const float *queries, size_t count, size_t stride, const float *keys, const float *values,
                        size_t length, float factor, float *weights, float *context, size_t width) {
    size_t room = padded(length), j = 0;
    for (; j + 32 <= room; j += 32) score_some(queries, count, stride, keys + j, room, 2, factor, weights + j);
    if (j < room) score_some(queries, count, stride, keys + j, room, 1, factor, weights + j);
    float totals[TOGETHER];
    for (size_t q = 0; q < count; q++) totals[q] = exponentials(weights + q * room, length, room);
    lanes sums[TOGETHER][2] = {{{0}}};
    for (size_t j = 0; j < length; j++) {
        lanes low = load_lanes(values + j * stride), high = load_lanes(values + j * stride + 16);
        for (size_t q = 0; q < count; q++) {
            sums[q][0] += low * weights[q * room + j];
            sums[q][1] += high * weights[q * room + j];
        }
    }
    for (size_t q = 0; q < count; q++)
        for (size_t half = 0; half < 2; half++) {
            lanes mixed = sums[q][half] / totals[q];
            memcpy(context + q * width + half * 16, &mixed, 64);
        }
}

VERSIONS void labsync_attend(const float *projected, size_t length, size_t heads, float factor, float *scratch,
                             float *context) {
#pragma clang fp contract(fast)
    size_t width = heads * HEAD, stride = 3 * width, room = padded(length);
    float *keys = scratch, *weights = scratch + HEAD * room;
    for (size_t head = 0; head < heads; head++) {
        const float *query = projected + head * HEAD, *key = query + width, *value = key + width;
        for (size_t j = 0; j < length; j += 16)
            for (size_t d = 0; d < HEAD; d += 16)
                turn_keys(key + j * stride + d, length - j, stride, keys + d * room + j, room);
        // A last group reaches back to full strength: what it repeats costs less than one query at a time.
        size_t i = 0;
        for (; length >= TOGETHER && i < length; i += TOGETHER) {
            size_t first = i + TOGETHER <= length ? i : length - TOGETHER;
            attend_some(query + first * stride, TOGETHER, stride, keys, value, length, factor, weights,
                        context + first * width + head * HEAD, width);
        }
        for (; i < length; i++)
            attend_some(query + i * stride, 1, stride, keys, value, length, factor, weights,
                        context + i * width + head * HEAD, width);
    }
}

VERSIONS void labsync_normalise(const float *rows, size_t count, size_t width, float *to) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < count; r++) {
        const float *row = rows + r * width;
        float squares = 0;
        for (size_t c = 0; c < width; c++) squares += row[c] * row[c];
        float inverse = squares > 0 ? 1.0f / sqrtf(squares) : 0;
        for (size_t c = 0; c < width; c++) to[r * width + c] = row[c] * inverse;
    }
}

VERSIONS void labsync_mean(const float *rows, size_t count, size_t width, float *mean) {
    for (size_t c = 0; c < width; c++) mean[c] = 0;
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < width; c++) mean[c] += rows[r * width + c];
    for (size_t c = 0; c < width; c++) mean[c] /= (float)count;
}
