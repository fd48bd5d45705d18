#include "vectors_lanes.h"
#include "vectors_levels.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)
#define PICK(function, ...)                                                                                            \
    switch (level) {                                                                                                   \
        case LABSYNC_AVX512: return labsync_##function##_avx512(__VA_ARGS__);                                          \
        case LABSYNC_AVX2: return labsync_##function##_avx2(__VA_ARGS__);                                              \
        default: return labsync_##function##_portable(__VA_ARGS__);                                                    \
    }
#elif defined(__aarch64__)
#define PICK(function, ...)                                                                                            \
    if (level == LABSYNC_NEON) return labsync_##function##_neon(__VA_ARGS__);                                          \
    return labsync_##function##_portable(__VA_ARGS__);
#else
#define PICK(function, ...) return labsync_##function##_portable(__VA_ARGS__);
#endif

int labsync_level_is_available(labsync_level level) {
    switch (level) {
        case LABSYNC_PORTABLE: return 1;
#if defined(__x86_64__)
        case LABSYNC_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        case LABSYNC_AVX512:
            return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vbmi") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__) && defined(__linux__)
        // HWCAP_ASIMDDP of Linux' <asm/hwcap.h>
        case LABSYNC_NEON: return (getauxval(AT_HWCAP) >> 20 & 1) != 0;
#elif defined(__aarch64__) && defined(__APPLE__)
        case LABSYNC_NEON: return 1;
#endif
        default: return 0;
    }
}

labsync_level labsync_best_level(void) {
    for (int level = LABSYNC_NEON; level > LABSYNC_PORTABLE; level--)
        if (labsync_level_is_available((labsync_level)level)) return (labsync_level)level;
    return LABSYNC_PORTABLE;
}

size_t labsync_scan_floats(labsync_level level, const float *rows, size_t width, const float *query, labsync_run run,
                           labsync_candidates *found) {
    PICK(scan_floats, rows, width, query, run, found)
}

size_t labsync_scan_nibbles(labsync_level level, const uint8_t *blocks, size_t width, const labsync_byte_query *query,
                            labsync_run run, labsync_candidates *found) {
    PICK(scan_nibbles, blocks, width, query, run, found)
}

size_t labsync_scan_nibbles_batch(labsync_level level, const uint8_t *blocks, size_t width,
                                  const labsync_byte_query *queries, const int8_t *tiles, size_t count, labsync_run run,
                                  labsync_candidates *found) {
    PICK(scan_nibbles_batch, blocks, width, queries, tiles, count, run, found)
}

size_t labsync_scan_signs(labsync_level level, const uint8_t *blocks, size_t width, const labsync_sign_query *query,
                          labsync_run run, labsync_candidates *found) {
    PICK(scan_signs, blocks, width, query, run, found)
}

size_t labsync_scan_nibble_groups(labsync_level level, const uint8_t *blocks, size_t width,
                                  const labsync_byte_query *query, const labsync_group *groups, size_t count,
                                  labsync_candidates *found) {
    PICK(scan_nibble_groups, blocks, width, query, groups, count, found)
}

size_t labsync_scan_sign_groups(labsync_level level, const uint8_t *blocks, size_t width,
                                const labsync_sign_query *query, const labsync_group *groups, size_t count,
                                labsync_candidates *found) {
    PICK(scan_sign_groups, blocks, width, query, groups, count, found)
}

size_t labsync_group_run(labsync_run run, labsync_group *groups) {
    size_t count = 0;
    for (size_t first = run.start & ~(size_t)15; first < run.end; first += 16) {
        uint32_t mask = run_mask(run, first);
        if (!mask) continue;
        groups[count].place = (int32_t)(first / 16);
        groups[count].row = run.base + (int32_t)first;
        groups[count++].mask = mask;
    }
    return count;
}

void labsync_score_floats(labsync_level level, const float *rows, size_t width, const float *query,
                          const int32_t *which, size_t count, float *scores) {
    PICK(score_floats, rows, width, query, which, count, scores)
}

void labsync_score_bytes(labsync_level level, const uint8_t *rows, size_t width, const float *scales,
                         const float *residuals, const labsync_byte_query *query, const int32_t *which, size_t count,
                         float *scores, float *errors) {
    PICK(score_bytes, rows, width, scales, residuals, query, which, count, scores, errors)
}

void labsync_score_pairs(labsync_level level, const uint8_t *codes, const labsync_pair_layout *layout,
                         const labsync_pair_query *query, const int32_t *which, size_t count, float *scores) {
    PICK(score_pairs, codes, layout, query, which, count, scores)
}
