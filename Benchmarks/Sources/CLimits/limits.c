#include "machine_limits.h"

#include <stdint.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    // Of the processor: neighbours take turns on it.
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) double bench_read(const void *bytes, size_t count) {
    const char *at = bytes, *end = at + count / 512 * 512;
    __m512i sums[8];
    for (int i = 0; i < 8; i++) sums[i] = _mm512_setzero_si512();
    double start = seconds();
    for (; at < end; at += 512)
        for (int i = 0; i < 8; i++) {
            _mm_prefetch(at + 64 * i + 4096, _MM_HINT_T0);
            sums[i] = _mm512_or_si512(sums[i], _mm512_loadu_si512(at + 64 * i));
        }
    double took = seconds() - start;
    for (int i = 1; i < 8; i++) sums[0] = _mm512_or_si512(sums[0], sums[i]);
    volatile int used = _mm512_reduce_or_epi32(sums[0]);
    (void)used;
    return (double)count / took * 1e-9;
}

// Twelve sums hide the latency of the instruction; the best of several stretches hides the neighbours.
#define PEAK(name, instructions, type, zero, step, lanes)                                                             \
    __attribute__((target(instructions))) double name(void) {                                                          \
        enum { STEPS = 4000000, SUMS = 12 };                                                                           \
        double best = 0;                                                                                               \
        for (int turn = 0; turn < 20; turn++) {                                                                        \
            type sums[SUMS], x = zero;                                                                                 \
            for (int i = 0; i < SUMS; i++) sums[i] = zero;                                                             \
            __asm__ volatile("" : "+v"(x));                                                                            \
            double start = seconds();                                                                                  \
            for (int step_ = 0; step_ < STEPS / SUMS; step_++)                                                         \
                for (int i = 0; i < SUMS; i++) {                                                                       \
                    sums[i] = step;                                                                                    \
                    __asm__ volatile("" : "+v"(sums[i]));                                                              \
                }                                                                                                      \
            double rate = (double)STEPS / SUMS * SUMS * lanes / (seconds() - start) * 1e-9;                            \
            best = rate > best ? rate : best;                                                                          \
        }                                                                                                              \
        return best;                                                                                                   \
    }

PEAK(measure_bytes, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), _mm512_dpbusd_epi32(sums[i], x, x), 64)
PEAK(measure_floats, "avx512f", __m512, _mm512_setzero_ps(), _mm512_fmadd_ps(x, x, sums[i]), 16)
PEAK(measure_bfloats, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(),
     _mm512_dpbf16_ps(sums[i], (__m512bh)x, (__m512bh)x), 32)

double bench_byte_products(void) { return __builtin_cpu_supports("avx512vnni") ? measure_bytes() : 0; }
double bench_float_products(void) { return __builtin_cpu_supports("avx512f") ? measure_floats() : 0; }
double bench_bfloat_products(void) { return __builtin_cpu_supports("avx512bf16") ? measure_bfloats() : 0; }
#else
double bench_read(const void *bytes, size_t count) {
    const uint64_t *at = bytes;
    uint64_t sum = 0;
    double start = seconds();
    for (size_t i = 0; i < count / 8; i++) sum |= at[i];
    volatile uint64_t used = sum;
    (void)used;
    return (double)count / (seconds() - start) * 1e-9;
}

double bench_byte_products(void) { return 0; }
double bench_float_products(void) { return 0; }
double bench_bfloat_products(void) { return 0; }
#endif
