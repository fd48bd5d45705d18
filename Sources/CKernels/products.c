#include "products.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#define HALF __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512fp16,f16c,fma")))
#define WHOLE __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define INLINE static inline __attribute__((always_inline))

// Two registers of columns by twelve rows: 24 sums hide the latency, and seven registers are left.
enum { ROWS = 12, HALF_COLUMNS = 64, WHOLE_COLUMNS = 32, DEPTH = 128 };

int labsync_product_is_available(labsync_product kind) {
    if (!__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) return 0;
    return kind == LABSYNC_WHOLE || __builtin_cpu_supports("avx512fp16");
}

size_t labsync_weight_size(labsync_product kind, size_t outputs, size_t inputs) {
    return outputs * inputs * (kind == LABSYNC_HALF ? 2 : 4);
}

HALF static void pack_half(const float *weight, size_t outputs, size_t inputs, _Float16 *packed) {
    for (size_t block = 0; block < outputs; block += HALF_COLUMNS)
        for (size_t input = 0; input < inputs; input++)
            for (size_t column = 0; column < HALF_COLUMNS; column++)
                *packed++ = (_Float16)weight[(block + column) * inputs + input];
}

static void pack_whole(const float *weight, size_t outputs, size_t inputs, float *packed) {
    for (size_t block = 0; block < outputs; block += WHOLE_COLUMNS)
        for (size_t input = 0; input < inputs; input++)
            for (size_t column = 0; column < WHOLE_COLUMNS; column++)
                *packed++ = weight[(block + column) * inputs + input];
}

void labsync_pack_weight(labsync_product kind, const float *weight, size_t outputs, size_t inputs, void *packed) {
    if (kind == LABSYNC_HALF)
        pack_half(weight, outputs, inputs, packed);
    else
        pack_whole(weight, outputs, inputs, packed);
}

// Each number twice, side by side: broadcasting 32 bits costs nothing, 16 do.
HALF static void convert(const float *from, size_t count, uint32_t *to) {
    for (size_t i = 0; i < count; i += 16) {
        __m256i halves = _mm512_cvtps_ph(_mm512_loadu_ps(from + i), _MM_FROUND_TO_NEAREST_INT);
        __m512i wide = _mm512_cvtepu16_epi32(halves);
        _mm512_storeu_si512(to + i, _mm512_or_si512(wide, _mm512_slli_epi32(wide, 16)));
    }
}

// `count` is known where these are inlined, so that the sums stay in registers.

HALF INLINE void half_tile(const uint32_t *rows, size_t inputs, size_t count, const _Float16 *packed, float *result,
                           size_t outputs) {
    for (size_t start = 0; start < inputs; start += DEPTH) {
        __m512h sums[ROWS][2];
        for (size_t row = 0; row < count; row++) sums[row][0] = sums[row][1] = _mm512_setzero_ph();
        for (size_t k = start; k < start + DEPTH; k++) {
            const _Float16 *weights = packed + k * HALF_COLUMNS;
            __m512h left = _mm512_load_ph(weights), right = _mm512_load_ph(weights + 32);
            for (size_t row = 0; row < count; row++) {
                __m512h number = _mm512_castsi512_ph(_mm512_set1_epi32((int)rows[row * inputs + k]));
                sums[row][0] = _mm512_fmadd_ph(number, left, sums[row][0]);
                sums[row][1] = _mm512_fmadd_ph(number, right, sums[row][1]);
            }
        }
        for (size_t row = 0; row < count; row++)
            for (size_t side = 0; side < 2; side++) {
                __m512i bits = _mm512_castph_si512(sums[row][side]);
                float *to = result + row * outputs + side * 32;
                __m512 low = _mm512_cvtph_ps(_mm512_castsi512_si256(bits));
                __m512 high = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(bits, 1));
                if (start > 0) {
                    low = _mm512_add_ps(low, _mm512_loadu_ps(to));
                    high = _mm512_add_ps(high, _mm512_loadu_ps(to + 16));
                }
                _mm512_storeu_ps(to, low);
                _mm512_storeu_ps(to + 16, high);
            }
    }
}

WHOLE INLINE void whole_tile(const float *rows, size_t inputs, size_t count, const float *packed, float *result,
                             size_t outputs) {
    __m512 sums[ROWS][2];
    for (size_t row = 0; row < count; row++) sums[row][0] = sums[row][1] = _mm512_setzero_ps();
    for (size_t k = 0; k < inputs; k++) {
        const float *weights = packed + k * WHOLE_COLUMNS;
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

#define CASES(tile)                                                                                                    \
    switch (count) {                                                                                                   \
        CASE(tile, 1) CASE(tile, 2) CASE(tile, 3) CASE(tile, 4) CASE(tile, 5) CASE(tile, 6) CASE(tile, 7)              \
        CASE(tile, 8) CASE(tile, 9) CASE(tile, 10) CASE(tile, 11) CASE(tile, 12)                                       \
        default: return;                                                                                               \
    }
#define CASE(tile, n)                                                                                                  \
    case n: tile(rows, inputs, n, packed, result, outputs); return;

HALF static void half_rows(const uint32_t *rows, size_t inputs, size_t count, const _Float16 *packed, float *result,
                           size_t outputs) {
    CASES(half_tile)
}

WHOLE static void whole_rows(const float *rows, size_t inputs, size_t count, const float *packed, float *result,
                             size_t outputs) {
    CASES(whole_tile)
}

void labsync_multiply(labsync_product kind, const float *matrix, size_t rows, size_t inputs, const void *packed,
                      size_t outputs, void *scratch, float *result) {
    size_t columns = kind == LABSYNC_HALF ? HALF_COLUMNS : WHOLE_COLUMNS;
    if (kind == LABSYNC_HALF) convert(matrix, rows * inputs, scratch);
    // Columns outside: their weights stay in the second cache while all rows pass.
    for (size_t block = 0; block < outputs; block += columns)
        for (size_t row = 0; row < rows; row += ROWS) {
            size_t count = rows - row < ROWS ? rows - row : ROWS;
            float *to = result + row * outputs + block;
            if (kind == LABSYNC_HALF)
                half_rows((const uint32_t *)scratch + row * inputs, inputs, count,
                          (const _Float16 *)packed + block * inputs, to, outputs);
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
