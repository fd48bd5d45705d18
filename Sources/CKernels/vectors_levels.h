#pragma once
#include "vectors.h"

/// The functions that each level has.
#define DECLARE_LEVEL(suffix)                                                                                          \
    size_t labsync_scan_floats_##suffix(const float *, size_t, const float *, labsync_run, labsync_candidates *);      \
    size_t labsync_scan_nibbles_##suffix(const uint8_t *, size_t, const labsync_byte_query *, labsync_run,             \
                                         labsync_candidates *);                                                        \
    size_t labsync_scan_nibbles_batch_##suffix(const uint8_t *, size_t, const labsync_byte_query *, const int8_t *,    \
                                               size_t, labsync_run, labsync_candidates *);                             \
    size_t labsync_scan_signs_##suffix(const uint8_t *, size_t, const labsync_sign_query *, labsync_run,               \
                                       labsync_candidates *);                                                          \
    size_t labsync_scan_nibble_groups_##suffix(const uint8_t *, size_t, const labsync_byte_query *,                    \
                                               const labsync_group *, size_t, labsync_candidates *);                   \
    size_t labsync_scan_sign_groups_##suffix(const uint8_t *, size_t, const labsync_sign_query *,                      \
                                             const labsync_group *, size_t, labsync_candidates *);                     \
    void labsync_score_floats_##suffix(const float *, size_t, const float *, const int32_t *, size_t, float *);        \
    void labsync_score_bytes_##suffix(const uint8_t *, size_t, const float *, const float *,                           \
                                      const labsync_byte_query *, const int32_t *, size_t, float *, float *);          \
    void labsync_score_pairs_##suffix(const uint8_t *, const labsync_pair_layout *, const labsync_pair_query *,        \
                                      const int32_t *, size_t, float *);

DECLARE_LEVEL(portable)
#if defined(__x86_64__)
DECLARE_LEVEL(avx2)
DECLARE_LEVEL(avx512)
#elif defined(__aarch64__)
DECLARE_LEVEL(neon)
#endif

/// Queries in one tile of a batch.
#define TILE 6
