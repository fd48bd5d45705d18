#include "kernels.h"

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

VERSIONS void labsync_softmax(float *restrict rows, float factor, size_t count, size_t width) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        float maximum = row[0];
        for (size_t c = 1; c < width; c++) maximum = row[c] > maximum ? row[c] : maximum;
        float sum = 0;
        for (size_t c = 0; c < width; c++) {
            float e = exponential((row[c] - maximum) * factor);
            row[c] = e;
            sum += e;
        }
        float inverse = 1.0f / sum;
        for (size_t c = 0; c < width; c++) row[c] *= inverse;
    }
}
