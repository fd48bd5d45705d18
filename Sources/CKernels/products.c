#include "products.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define WHOLE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define HALF __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,fma")))
#define INLINE static inline __attribute__((always_inline))

// Two registers of columns by twelve rows: 24 sums hide the latency, and six registers are left.
enum { ROWS = 12, COLUMNS = 32 };

// Bytes of weights that are fetched before they are needed: across pages nobody else looks ahead. May lie behind their end.
enum { AHEAD = 8192 };

// The lengths to which rows and weights are scaled before they are rounded to 16 bits. By Cauchy and Schwarz no sum of
// their products, nor any part of one, exceeds the product of their lengths: it fits 31 bits, rounding included, whatever
// the numbers are.
static const float ROW_LENGTH = 32000, WEIGHT_LENGTH = 65000, LARGEST = 32767;

int labsync_product_is_available(labsync_product kind) {
    if (!__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) return 0;
    return kind == LABSYNC_WHOLE || __builtin_cpu_supports("avx512vnni");
}

size_t labsync_weight_size(labsync_product kind, size_t outputs, size_t inputs) {
    return kind == LABSYNC_HALF ? outputs * inputs * 2 + outputs * 4 : outputs * inputs * 4;
}

static float *weight_scales(void *packed, size_t outputs, size_t inputs) {
    return (float *)((int16_t *)packed + outputs * inputs);
}

// What the numbers of a weight are multiplied with.
static float weight_factor(const float *weight, size_t inputs) {
    double squares = 0;
    float largest = 0;
    for (size_t i = 0; i < inputs; i++) {
        squares += (double)weight[i] * (double)weight[i];
        largest = fmaxf(largest, fabsf(weight[i]));
    }
    return largest > 0 ? fminf((float)(WEIGHT_LENGTH / sqrt(squares)), LARGEST / largest) : 0;
}

// Pairs of inputs side by side, as one instruction multiplies them.
static void pack_half(const float *weight, size_t outputs, size_t inputs, void *packed) {
    int16_t *numbers = packed;
    float *scales = weight_scales(packed, outputs, inputs);
    for (size_t output = 0; output < outputs; output++) {
        float factor = weight_factor(weight + output * inputs, inputs);
        scales[output] = factor > 0 ? 1 / factor : 0;
        int16_t *block = numbers + output / COLUMNS * COLUMNS * inputs + output % COLUMNS * 2;
        for (size_t i = 0; i < inputs; i++)
            block[i / 2 * COLUMNS * 2 + i % 2] = (int16_t)lrintf(weight[output * inputs + i] * factor);
    }
}

static void pack_whole(const float *weight, size_t outputs, size_t inputs, float *packed) {
    for (size_t block = 0; block < outputs; block += COLUMNS)
        for (size_t input = 0; input < inputs; input++)
            for (size_t column = 0; column < COLUMNS; column++)
                *packed++ = weight[(block + column) * inputs + input];
}

void labsync_pack_weight(labsync_product kind, const float *weight, size_t outputs, size_t inputs, void *packed) {
    if (kind == LABSYNC_HALF)
        pack_half(weight, outputs, inputs, packed);
    else
        pack_whole(weight, outputs, inputs, packed);
}

HALF static void round_rows(const float *from, size_t rows, size_t inputs, int16_t *to, float *scales) {
    for (size_t row = 0; row < rows; row++, from += inputs, to += inputs) {
        __m512 squares[4];
        for (size_t s = 0; s < 4; s++) squares[s] = _mm512_setzero_ps();
        for (size_t i = 0; i < inputs; i += 64)
            for (size_t s = 0; s < 4; s++) {
                __m512 numbers = _mm512_loadu_ps(from + i + 16 * s);
                squares[s] = _mm512_fmadd_ps(numbers, numbers, squares[s]);
            }
        __m512 sum = _mm512_add_ps(_mm512_add_ps(squares[0], squares[1]), _mm512_add_ps(squares[2], squares[3]));
        float length = sqrtf(_mm512_reduce_add_ps(sum));
        __m512 factor = _mm512_set1_ps(length > 0 ? ROW_LENGTH / length : 0);
        for (size_t i = 0; i < inputs; i += 16) {
            __m512i numbers = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(from + i), factor));
            _mm256_storeu_si256((__m256i *)(to + i), _mm512_cvtsepi32_epi16(numbers));
        }
        scales[row] = length / ROW_LENGTH;
    }
}

// The compiler makes two instructions of its own word for this one, for the sake of a latency that 24 sums hide.
HALF INLINE __m512i add_products(__m512i sum, __m512i numbers, __m512i weights) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(numbers), "v"(weights));
    return sum;
}

// `count` is known where these are inlined, so that the sums stay in registers.

HALF INLINE void half_tile(const int16_t *rows, const float *row_scales, size_t inputs, size_t count,
                           const int16_t *packed, const float *scales, float *result, size_t outputs) {
    __m512i sums[ROWS][2];
    for (size_t row = 0; row < count; row++) sums[row][0] = sums[row][1] = _mm512_setzero_si512();
    for (size_t k = 0; k < inputs; k += 2) {
        const int16_t *weights = packed + k * COLUMNS;
        __m512i left = _mm512_load_si512(weights), right = _mm512_load_si512(weights + 32);
        _mm_prefetch((const char *)weights + AHEAD, _MM_HINT_T0);
        _mm_prefetch((const char *)weights + AHEAD + 64, _MM_HINT_T0);
        for (size_t row = 0; row < count; row++) {
            int32_t pair;
            memcpy(&pair, rows + row * inputs + k, 4);
            __m512i numbers = _mm512_set1_epi32(pair);
            sums[row][0] = add_products(sums[row][0], numbers, left);
            sums[row][1] = add_products(sums[row][1], numbers, right);
        }
    }
    __m512 left = _mm512_loadu_ps(scales), right = _mm512_loadu_ps(scales + 16);
    for (size_t row = 0; row < count; row++) {
        __m512 scale = _mm512_set1_ps(row_scales[row]);
        float *to = result + row * outputs;
        _mm512_storeu_ps(to, _mm512_mul_ps(_mm512_cvtepi32_ps(sums[row][0]), _mm512_mul_ps(scale, left)));
        _mm512_storeu_ps(to + 16, _mm512_mul_ps(_mm512_cvtepi32_ps(sums[row][1]), _mm512_mul_ps(scale, right)));
    }
}

WHOLE INLINE void whole_tile(const float *rows, size_t inputs, size_t count, const float *packed, float *result,
                             size_t outputs) {
    __m512 sums[ROWS][2];
    for (size_t row = 0; row < count; row++) sums[row][0] = sums[row][1] = _mm512_setzero_ps();
    for (size_t k = 0; k < inputs; k++) {
        const float *weights = packed + k * COLUMNS;
        __m512 left = _mm512_load_ps(weights), right = _mm512_load_ps(weights + 16);
        for (size_t row = 0; row < count; row++) {
            __m512 number = _mm512_set1_ps(rows[row * inputs + k]);
            sums[row][0] = _mm512_fmadd_ps(number, left, sums[row][0]);
            sums[row][1] = _mm512_fmadd_ps(number, right, sums[row][1]);
        }
    }
    for (size_t row = 0; row < count; row++) {
        _mm512_storeu_ps(result + row * outputs, sums[row][0]);
        _mm512_storeu_ps(result + row * outputs + 16, sums[row][1]);
    }
}

#define CASES                                                                                                          \
    switch (count) {                                                                                                   \
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)             \
        default: return;                                                                                               \
    }

#define CASE(n)                                                                                                        \
    case n: half_tile(rows, row_scales, inputs, n, packed, scales, result, outputs); return;
HALF static void half_rows(const int16_t *rows, const float *row_scales, size_t inputs, size_t count,
                           const int16_t *packed, const float *scales, float *result, size_t outputs) {
    CASES
}
#undef CASE

#define CASE(n)                                                                                                        \
    case n: whole_tile(rows, inputs, n, packed, result, outputs); return;
WHOLE static void whole_rows(const float *rows, size_t inputs, size_t count, const float *packed, float *result,
                             size_t outputs) {
    CASES
}
#undef CASE

void labsync_multiply(labsync_product kind, const float *matrix, size_t rows, size_t inputs, const void *packed,
                      size_t outputs, void *scratch, float *result) {
    const float *scales = weight_scales((void *)packed, outputs, inputs);
    int16_t *rounded = scratch;
    float *row_scales = (float *)(rounded + rows * inputs);
    if (kind == LABSYNC_HALF) round_rows(matrix, rows, inputs, rounded, row_scales);
    // Columns outside: their weights stay in the second cache while all rows pass, in tiles as even as may be: in one of a
    // row or two each sum waits for the one before.
    size_t tiles = (rows + ROWS - 1) / ROWS;
    for (size_t block = 0; block < outputs; block += COLUMNS)
        for (size_t tile = 0; tile < tiles; tile++) {
            size_t row = rows * tile / tiles, count = rows * (tile + 1) / tiles - row;
            float *to = result + row * outputs + block;
            if (kind == LABSYNC_HALF)
                half_rows(rounded + row * inputs, row_scales + row, inputs, count,
                          (const int16_t *)packed + block * inputs, scales + block, to, outputs);
            else
                whole_rows(matrix + row * inputs, inputs, count, (const float *)packed + block * inputs, to, outputs);
        }
}
#else
int labsync_product_is_available(labsync_product kind) { return (void)kind, 0; }
size_t labsync_weight_size(labsync_product kind, size_t outputs, size_t inputs) { return (void)kind, outputs * inputs * 4; }
void labsync_pack_weight(labsync_product kind, const float *weight, size_t outputs, size_t inputs, void *packed) {
    (void)kind, (void)weight, (void)outputs, (void)inputs, (void)packed;
}
void labsync_multiply(labsync_product kind, const float *matrix, size_t rows, size_t inputs, const void *packed,
                      size_t outputs, void *scratch, float *result) {
    (void)kind, (void)matrix, (void)rows, (void)inputs, (void)packed, (void)outputs, (void)scratch, (void)result;
}
#endif
