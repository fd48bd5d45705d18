// Compares the vector kernels of every level that the processor has with the portable ones, over random rows: the same
// rows are kept, with the same scores. Fails with the first difference.

#include "vectors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000, CAPACITY = ROWS + 64, QUERIES = 5 };

static uint64_t state = 1;

static uint64_t next_random(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 33;
}

/// About normal.
static float random_number(void) {
    float sum = 0;
    for (int i = 0; i < 12; i++) sum += (float)next_random() / 2147483648.0f;
    return sum - 6;
}

static void *allocate(size_t bytes) {
    // Some passes read a little beyond the end.
    void *memory = aligned_alloc(64, (bytes + 4096) & ~(size_t)63);
    if (!memory) abort();
    return memset(memory, 0, (bytes + 4096) & ~(size_t)63);
}

static labsync_candidates candidates(void) {
    return (labsync_candidates){allocate(4 * CAPACITY), allocate(4 * CAPACITY), allocate(4 * CAPACITY), 0, CAPACITY, 0};
}

static const char *names[] = {"portable", "AVX2", "AVX-512", "NEON"};

static void compare(labsync_level level, const char *pass, size_t width, labsync_candidates found, labsync_candidates wanted,
                    float tolerance) {
    int isSame = found.count == wanted.count && wanted.count > 0;
    for (int32_t i = 0; isSame && i < wanted.count; i++)
        isSame = found.rows[i] == wanted.rows[i] && fabsf(found.scores[i] - wanted.scores[i]) <= tolerance &&
                 fabsf(found.errors[i] - wanted.errors[i]) <= tolerance;
    if (isSame) return;
    printf("%s, %s, width %zu: %d rows are kept, not %d, or differ\n", names[level], pass, width, found.count, wanted.count);
    exit(1);
}

typedef struct {
    size_t width;
    float *rows, *query, *scales, *residuals;
    uint8_t *nibbles, *bytes, *signs, *tables, *pairs;
    int8_t *numbers, *tiles;
    uint64_t *admitted;
    labsync_byte_query byteQueries[QUERIES];
    labsync_sign_query signQuery;
    labsync_pair_layout layout;
    int8_t *pairNumbers;
    labsync_pair_query pairQuery;
} world;

static world make_world(size_t width) {
    world made = {.width = width};
    made.rows = allocate(4 * ROWS * width);
    made.query = allocate(4 * width);
    for (size_t i = 0; i < ROWS * width; i++) made.rows[i] = random_number();
    for (size_t i = 0; i < width; i++) made.query[i] = random_number();
    size_t blocks = (ROWS + 15) / 16;
    made.nibbles = allocate(blocks * labsync_nibble_stride(width));
    labsync_pack_nibbles(made.rows, width, width, ROWS, made.nibbles);
    made.bytes = allocate(ROWS * width);
    made.scales = allocate(4 * ROWS);
    made.residuals = allocate(4 * ROWS);
    labsync_pack_bytes(made.rows, width, width, ROWS, made.bytes, made.scales, made.residuals);
    made.signs = allocate(blocks * labsync_sign_stride(width));
    float *centre = allocate(4 * width);
    labsync_pack_signs(made.rows, centre, width, width, width, ROWS, made.signs);
    made.numbers = allocate(QUERIES * width);
    for (int q = 0; q < QUERIES; q++) {
        int32_t sum = 0;
        for (size_t i = 0; i < width; i++) sum += made.numbers[q * width + i] = (int8_t)(next_random() % 255 - 127);
        made.byteQueries[q] = (labsync_byte_query){made.numbers + q * width, 0.01f, sum, 12, 0.001f};
    }
    made.tiles = allocate(labsync_tile_size(width, QUERIES));
    labsync_tile_queries(made.byteQueries, width, QUERIES, made.tiles);
    made.tables = allocate(width * 4);
    made.signQuery = (labsync_sign_query){made.tables, 0, 0, 0.01f};
    labsync_make_sign_tables(made.query, width, width, made.tables, &made.signQuery.step, &made.signQuery.base);
    // The first 48 numbers, and then 12 less than there are.
    made.layout = (labsync_pair_layout){48, width - 60, 48, 16, (width - 48) / 16 * 4};
    size_t stride = labsync_pair_stride(&made.layout);
    made.pairs = allocate(ROWS * stride);
    labsync_pack_pairs(made.rows, centre, width, &made.layout, ROWS, made.pairs);
    made.pairNumbers = allocate(4 * stride);
    for (size_t i = 0; i < 4 * stride; i++)
        if (i % stride < width / 4) made.pairNumbers[i] = (int8_t)(next_random() % 255 - 127);
    made.pairQuery = (labsync_pair_query){made.pairNumbers, {0.01f, 0.02f}, {30, -40}, 0.01f};
    made.admitted = allocate(ROWS / 8 + 16);
    for (size_t i = 0; i < ROWS / 64 + 2; i++) made.admitted[i] = next_random() << 32 ^ next_random();
    free(centre);
    return made;
}

static void try_level(labsync_level level, const world *on, labsync_run run) {
    labsync_candidates found = candidates(), wanted = candidates();
    size_t width = on->width;
#define BOTH(pass, tolerance, ...)                                                                                     \
    found.count = wanted.count = 0;                                                                                    \
    labsync_##pass(level, __VA_ARGS__, run, &found);                                                                   \
    labsync_##pass(LABSYNC_PORTABLE, __VA_ARGS__, run, &wanted);                                                       \
    compare(level, #pass, width, found, wanted, tolerance);
    BOTH(scan_floats, 1e-3f, on->rows, width, on->query)
    BOTH(scan_nibbles, 1e-3f, on->nibbles, width, &on->byteQueries[0])
    // Passes over signs leave errors as they are.
    memset(found.errors, 0, 4 * CAPACITY);
    memset(wanted.errors, 0, 4 * CAPACITY);
    BOTH(scan_signs, 1e-3f, on->signs, width, &on->signQuery)
    // By groups a level finds what it finds row after row.
    static labsync_group groups[ROWS / 16 + 2];
    size_t count = labsync_group_run(run, groups);
    found.count = wanted.count = 0;
    labsync_scan_sign_groups(level, on->signs, width, &on->signQuery, groups, count, &found);
    labsync_scan_signs(level, on->signs, width, &on->signQuery, run, &wanted);
    compare(level, "sign groups", width, found, wanted, 0);
    found.count = wanted.count = 0;
    labsync_scan_nibble_groups(level, on->nibbles, width, &on->byteQueries[0], groups, count, &found);
    labsync_scan_nibbles(level, on->nibbles, width, &on->byteQueries[0], run, &wanted);
    compare(level, "nibble groups", width, found, wanted, 0);

    labsync_candidates foundByQuery[QUERIES], wantedByQuery[QUERIES];
    for (int q = 0; q < QUERIES; q++) {
        foundByQuery[q] = candidates();
        wantedByQuery[q] = candidates();
    }
    labsync_scan_nibbles_batch(level, on->nibbles, width, on->byteQueries, on->tiles, QUERIES, run, foundByQuery);
    labsync_scan_nibbles_batch(LABSYNC_PORTABLE, on->nibbles, width, on->byteQueries, on->tiles, QUERIES, run, wantedByQuery);
    for (int q = 0; q < QUERIES; q++) compare(level, "batch", width, foundByQuery[q], wantedByQuery[q], 1e-3f);

    int32_t which[ROWS];
    for (int32_t i = 0; i < ROWS; i++) found.rows[i] = wanted.rows[i] = which[i] = (int32_t)(next_random() % ROWS);
    found.count = wanted.count = ROWS;
    labsync_score_floats(level, on->rows, width, on->query, which, ROWS, found.scores);
    labsync_score_floats(LABSYNC_PORTABLE, on->rows, width, on->query, which, ROWS, wanted.scores);
    memset(found.errors, 0, 4 * CAPACITY);
    memset(wanted.errors, 0, 4 * CAPACITY);
    compare(level, "score_floats", width, found, wanted, 1e-3f);
    labsync_score_bytes(level, on->bytes, width, on->scales, on->residuals, &on->byteQueries[0], which, ROWS, found.scores,
                        found.errors);
    labsync_score_bytes(LABSYNC_PORTABLE, on->bytes, width, on->scales, on->residuals, &on->byteQueries[0], which, ROWS,
                        wanted.scores, wanted.errors);
    compare(level, "score_bytes", width, found, wanted, 1e-3f);
    labsync_score_pairs(level, on->pairs, &on->layout, &on->pairQuery, which, ROWS, found.scores);
    labsync_score_pairs(LABSYNC_PORTABLE, on->pairs, &on->layout, &on->pairQuery, which, ROWS, wanted.scores);
    compare(level, "score_pairs", width, found, wanted, 1e-2f);
}

int main(void) {
    int levels = 0;
    for (labsync_level level = LABSYNC_AVX2; level <= LABSYNC_NEON; level++) {
        if (!labsync_level_is_available(level)) continue;
        levels++;
        for (size_t width = 64; width <= 1024; width += 320) {
            world made = make_world(width);
            labsync_run whole = {0, ROWS, NULL, 0, 7}, part = {5, ROWS - 3, NULL, 0, 0};
            labsync_run admitted = {21, ROWS, made.admitted, 16, 0};
            try_level(level, &made, whole);
            try_level(level, &made, part);
            try_level(level, &made, admitted);
        }
        printf("%s agrees with portable\n", names[level]);
    }
    printf("best here: %s\n", names[labsync_best_level()]);
    return levels ? 0 : 1;
}
