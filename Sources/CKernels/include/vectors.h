#pragma once
#include <stddef.h>
#include <stdint.h>

// Passes over vectors in several precisions. Rows have `width` numbers, a multiple of 64, unused ones 0.

/// Which instructions a kernel may use.
typedef enum {
    LABSYNC_PORTABLE = 0,
    LABSYNC_AVX2 = 1,
    /// F, BW, DQ, VL, VNNI and VBMI.
    LABSYNC_AVX512 = 2,
    /// With the dot products of ARMv8.2.
    LABSYNC_NEON = 3,
} labsync_level;

int labsync_level_is_available(labsync_level level);
labsync_level labsync_best_level(void);

/// The rows that a pass has kept so far.
typedef struct {
    int32_t *rows;
    float *scores;
    /// How far a score may be from the true inner product. May be null, but not for passes over nibbles; those over signs
    /// leave it as it is.
    float *errors;
    int32_t count;
    int32_t capacity;
    /// A row is kept when its score is above it or, where errors are known, may be at or above it.
    float threshold;
} labsync_candidates;

/// Rows that may be looked at.
typedef struct {
    size_t start;
    size_t end;
    /// Admits row `origin` by bit 0 of the first word, and so on; null admits all. A word more than is needed is read.
    const uint64_t *admitted;
    size_t origin;
    /// Added to the numbers of rows that are kept.
    int32_t base;
} labsync_run;

// A pass ends early, and returns the row to go on from, when there may not be room for 16 rows more.

/// rows: [rows, width] float32.
size_t labsync_scan_floats(labsync_level level, const float *rows, size_t width, const float *query, labsync_run run,
                           labsync_candidates *found);

/// The length of the longest row, rounded up.
float labsync_longest_row(const float *rows, size_t width, size_t count);

/// A query in 8 bits: about numbers[i] · scale.
typedef struct {
    const int8_t *numbers;
    float scale;
    /// Σ numbers[i]
    int32_t sum;
    /// Length of the query in 8 bits: what a row's residual is multiplied with.
    float norm;
    /// What else may be wrong: the query's own residual, and rounding.
    float slack;
} labsync_byte_query;

/// Blocks of 16 rows: width / 8 groups of 64 bytes, in which bytes 4r to 4r + 3 are row r's, the low half of byte j
/// number 8g + j and the high half number 8g + 4 + j; then 16 scales and 16 residuals, float32. A nibble n stands for
/// (n - 7.5) · scale, a residual for the length of what the nibbles leave out.
void labsync_pack_nibbles(const float *rows, size_t width, size_t numbers, size_t count, uint8_t *blocks);
size_t labsync_nibble_stride(size_t width);

size_t labsync_scan_nibbles(labsync_level level, const uint8_t *blocks, size_t width, const labsync_byte_query *query,
                            labsync_run run, labsync_candidates *found);

/// Several queries in one pass: found[q] for queries[q]. `tiles` are the queries as `labsync_tile_queries` lays them.
size_t labsync_scan_nibbles_batch(labsync_level level, const uint8_t *blocks, size_t width,
                                  const labsync_byte_query *queries, const int8_t *tiles, size_t count, labsync_run run,
                                  labsync_candidates *found);
/// Room for `labsync_tile_queries`, in bytes.
size_t labsync_tile_size(size_t width, size_t count);
void labsync_tile_queries(const labsync_byte_query *queries, size_t width, size_t count, int8_t *tiles);

/// [rows, width] bytes, 128 more than the number; scales and residuals as above.
void labsync_pack_bytes(const float *rows, size_t width, size_t numbers, size_t count, uint8_t *bytes, float *scales,
                        float *residuals);

/// Blocks of 16 rows: width / 32 groups of 64 bytes, in which bytes 4r to 4r + 3 are the signs of row r's numbers 32g to
/// 32g + 31, a positive one's bit set, the first number's lowest; then 16 factors, float32. Rows, one every `stride`
/// numbers, and centre are rotated; the signs are of their difference.
void labsync_pack_signs(const float *rows, const float *centre, size_t stride, size_t width, size_t numbers,
                        size_t count, uint8_t *blocks);
size_t labsync_sign_stride(size_t width);

/// A query's sums over every four signs, in place of products: what four signs n (a nibble) of a row are worth together is
/// base share + tables[n] · step.
typedef struct {
    /// [width / 32, 2, 4, 16]: of each group of 32 numbers the low halves of four bytes, then the high ones.
    const uint8_t *tables;
    float step;
    /// What all are worth where every entry is 0.
    float base;
    /// Inner product with the centre of the rows.
    float offset;
} labsync_sign_query;

/// query: [numbers], rotated. tables: [width · 4].
void labsync_make_sign_tables(const float *query, size_t width, size_t numbers, uint8_t *tables, float *step,
                              float *base);

/// How two parts of a row's numbers are kept in two bits each: four numbers a byte, the first lowest, each part padded to
/// `first_bytes` and `second_bytes`; then a float32 factor for each part. A level l stands for (l - 1.5) · factor.
typedef struct {
    /// Numbers in use, and where the second part's begin in a row.
    size_t first, second, second_start;
    /// Multiples of 4.
    size_t first_bytes, second_bytes;
} labsync_pair_layout;

/// From one row's codes to the next row's: a multiple of 64, a cache line.
size_t labsync_pair_stride(const labsync_pair_layout *layout);
/// Rows, one every `stride` numbers, and centre are rotated; the codes are of their difference.
void labsync_pack_pairs(const float *rows, const float *centre, size_t stride, const labsync_pair_layout *layout,
                        size_t count, uint8_t *codes);

/// A query in 8 bits, rotated: number i of a part is about numbers[i % 4][where byte i / 4 is] · scale.
typedef struct {
    /// [4, stride]
    const int8_t *numbers;
    /// Of the two parts; middles are 1.5 Σ numbers.
    float scales[2], middles[2];
    /// Inner product with the centre of the rows.
    float offset;
} labsync_pair_query;

/// Makes rows of unit length that stand upright on all before them (Gram and Schmidt); those that lie within the others'
/// space become 0.
void labsync_orthonormalise(float *rows, size_t count, size_t width);

/// Turns rows of `numbers` numbers in space, the same way each: four times signs are flipped, a Hadamard transform spreads
/// the first or last power of two of them, and halves are mixed (Kac's walk). `flips`: [4, width] signs, 0 or 1 << 31.
void labsync_turn(const float *rows, size_t width, size_t numbers, size_t count, const uint32_t *flips, float *turned);

size_t labsync_scan_signs(labsync_level level, const uint8_t *blocks, size_t width, const labsync_sign_query *query,
                          labsync_run run, labsync_candidates *found);

/// 16 rows that lie together, of which some may be looked at.
typedef struct {
    /// Rows before it, by 16.
    int32_t place;
    /// The number that its first row is kept by.
    int32_t row;
    uint32_t mask;
} labsync_group;

/// The groups of a run, as many as it has at most: (end - start) / 16 + 2. For runs that are short: the next one is
/// fetched from memory while one is looked at.
size_t labsync_group_run(labsync_run run, labsync_group *groups);
size_t labsync_scan_nibble_groups(labsync_level level, const uint8_t *blocks, size_t width,
                                  const labsync_byte_query *query, const labsync_group *groups, size_t count,
                                  labsync_candidates *found);
size_t labsync_scan_sign_groups(labsync_level level, const uint8_t *blocks, size_t width,
                                const labsync_sign_query *query, const labsync_group *groups, size_t count,
                                labsync_candidates *found);

// Re-scoring: rows[which[i]] against the query.

void labsync_score_floats(labsync_level level, const float *rows, size_t width, const float *query,
                          const int32_t *which, size_t count, float *scores);
/// scores and errors as in a pass over nibbles.
void labsync_score_bytes(labsync_level level, const uint8_t *rows, size_t width, const float *scales,
                         const float *residuals, const labsync_byte_query *query, const int32_t *which, size_t count,
                         float *scores, float *errors);

/// codes: of all rows, as `labsync_pack_pairs` lays them.
void labsync_score_pairs(labsync_level level, const uint8_t *codes, const labsync_pair_layout *layout,
                         const labsync_pair_query *query, const int32_t *which, size_t count, float *scores);

/// Keeps the `limit` best by score, earlier rows first among equals, in no order; the worst sets the threshold.
void labsync_keep_best(labsync_candidates *found, int32_t limit);
/// Keeps the `limit` best and some more that are nearly as good, in the order in which they were.
void labsync_keep_about(labsync_candidates *found, int32_t limit);
/// Moves the `limit` best to the front, in no order.
void labsync_select_best(labsync_candidates *found, int32_t limit);
/// Drops what cannot reach the threshold.
void labsync_drop_hopeless(labsync_candidates *found);
