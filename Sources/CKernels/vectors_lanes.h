#pragma once
#include "vectors.h"

#include <string.h>

// Vectors only pass between functions that are inlined into each other.
#pragma clang diagnostic ignored "-Wpsabi"

// 16 numbers at a time, in whatever registers a level has.
typedef float lanes __attribute__((vector_size(64)));
typedef int32_t integers __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE lanes load_lanes(const float *from) {
    lanes loaded;
    memcpy(&loaded, from, 64);
    return loaded;
}

/// By halves: the same order everywhere.
INLINE float lane_sum(lanes v) {
    typedef float eight __attribute__((vector_size(32)));
    typedef float four __attribute__((vector_size(16)));
    eight e = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
              __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    four f = __builtin_shufflevector(e, e, 0, 1, 2, 3) + __builtin_shufflevector(e, e, 4, 5, 6, 7);
    return (f[0] + f[2]) + (f[1] + f[3]);
}

/// A bit for each of the 16 rows from `first` on that the run admits.
INLINE uint32_t run_mask(labsync_run run, size_t first) {
    uint32_t mask = 0xffff;
    if (first < run.start) mask &= 0xffffu << (run.start - first);
    if (first + 16 > run.end) mask &= 0xffffu >> (first + 16 - run.end);
    if (!run.admitted || !mask) return mask;
    if (first < run.origin) return mask & (uint32_t)(run.admitted[0] << (run.origin - first));
    size_t bit = first - run.origin;
    uint64_t bits = run.admitted[bit / 64] >> (bit % 64);
    if (bit % 64 > 48) bits |= run.admitted[bit / 64 + 1] << (64 - bit % 64);
    return mask & (uint32_t)bits;
}

/// Adds the rows whose bits are set to those that are kept, of which there must be room for 16 more.
INLINE void keep_lanes(labsync_candidates *found, uint32_t mask, int32_t row, lanes scores, lanes errors) {
    while (mask) {
        int lane = __builtin_ctz(mask);
        mask &= mask - 1;
        found->rows[found->count] = row + lane;
        found->scores[found->count] = scores[lane];
        if (found->errors) found->errors[found->count] = errors[lane];
        found->count++;
    }
}

/// The same for passes that know no errors.
INLINE void keep_scores(labsync_candidates *found, uint32_t mask, int32_t row, lanes scores) {
    while (mask) {
        int lane = __builtin_ctz(mask);
        mask &= mask - 1;
        found->rows[found->count] = row + lane;
        found->scores[found->count++] = scores[lane];
    }
}
