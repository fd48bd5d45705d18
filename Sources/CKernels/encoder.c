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

enum { HEAD = 32, TOGETHER = 4 };

static size_t padded(size_t length) { return (length + 15) / 16 * 16; }

size_t labsync_attention_scratch(size_t length) { return (HEAD + TOGETHER) * padded(length); }

// row[0..<length] becomes e^(row - its largest), the rest 0; what they sum up to.
INLINE float exponentials(float *row, size_t length, size_t room) {
#pragma clang fp reassociate(on)
    float largest = row[0];
    for (size_t i = 1; i < length; i++) largest = row[i] > largest ? row[i] : largest;
    float sum = 0;
    for (size_t i = 0; i < length; i++) {
        row[i] = exponential(row[i] - largest);
        sum += row[i];
    }
    for (size_t i = length; i < room; i++) row[i] = 0;
    return sum;
}

// A few queries at once: each key and value is loaded once for all of them.
INLINE void attend_some(const float *queries, size_t count, size_t stride, const float *keys, const float *values,
                        size_t length, float factor, float *weights, float *context, size_t width) {
    size_t room = padded(length);
    for (size_t j = 0; j < room; j += 16) {
        lanes sums[TOGETHER] = {{0}};
        for (size_t d = 0; d < HEAD; d++) {
            lanes key = load_lanes(keys + d * room + j);
            for (size_t q = 0; q < count; q++) sums[q] += key * queries[q * stride + d];
        }
        for (size_t q = 0; q < count; q++) {
            lanes scores = sums[q] * factor;
            memcpy(weights + q * room + j, &scores, 64);
        }
    }
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
        for (size_t d = 0; d < HEAD; d++) {
            for (size_t j = 0; j < length; j++) keys[d * room + j] = key[j * stride + d];
            for (size_t j = length; j < room; j++) keys[d * room + j] = 0;
        }
        size_t i = 0;
        for (; i + TOGETHER <= length; i += TOGETHER)
            attend_some(query + i * stride, TOGETHER, stride, keys, value, length, factor, weights,
                        context + i * width + head * HEAD, width);
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
