// Passes over vectors, compiled once for each level with its own NAME, dot products and masks:
//   NAME(above)(scores, threshold), NAME(at_least)(scores, threshold): a bit for each of 16
//   NAME(keep)(found, mask, row, scores): keep_scores, or what does the same
//   NAME(nibble_sums)(block, query, width, is_in_order): Σ nibble · number for 16 rows; the next blocks follow when in order
//   NAME(sign_sums)(block, tables, groups, is_in_order): Σ of what every four signs are worth for 16 rows
//   NAME(byte_sum)(row, query, width)
//   NAME(pair_sums)(codes, query, stride, split, end, sums): Σ level · number over the bytes before and behind `split`

#pragma clang fp contract(fast)

// In numbers: far enough ahead to hide memory, near enough to stay in the first cache.
#define PREFETCH_DISTANCE 1024

// One order of additions for passes and re-scoring: a row has one score.
static inline __attribute__((always_inline)) float NAME(dot)(const float *row, const float *query, size_t width,
                                                             size_t ahead) {
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    for (size_t i = 0; i < width; i += 64) {
        a += load_lanes(row + i) * load_lanes(query + i);
        b += load_lanes(row + i + 16) * load_lanes(query + i + 16);
        c += load_lanes(row + i + 32) * load_lanes(query + i + 32);
        d += load_lanes(row + i + 48) * load_lanes(query + i + 48);
        if (ahead)
            for (size_t line = 0; line < 64; line += 16) __builtin_prefetch(row + i + line + ahead);
    }
    return lane_sum((a + b) + (c + d));
}

size_t NAME(scan_floats)(const float *rows, size_t width, const float *query, labsync_run run,
                         labsync_candidates *found) {
    for (size_t first = run.start & ~(size_t)15; first < run.end; first += 16) {
        if (found->count + 16 > found->capacity) return first > run.start ? first : run.start;
        uint32_t mask = run_mask(run, first);
        while (mask) {
            size_t row = first + (size_t)__builtin_ctz(mask);
            mask &= mask - 1;
            float score = NAME(dot)(rows + row * width, query, width, PREFETCH_DISTANCE);
            if (score > found->threshold) {
                found->rows[found->count] = run.base + (int32_t)row;
                if (found->errors) found->errors[found->count] = 0;
                found->scores[found->count++] = score;
            }
        }
    }
    return run.end;
}

static inline __attribute__((always_inline)) void NAME(judge)(lanes sums, const uint8_t *ends,
                                                              const labsync_byte_query *query, uint32_t mask,
                                                              int32_t row, labsync_candidates *found) {
    lanes scores = load_lanes((const float *)ends) * query->scale * (sums - 7.5f * (float)query->sum);
    lanes errors = load_lanes((const float *)ends + 16) * query->norm + query->slack;
    mask &= NAME(at_least)(scores + errors, found->threshold);
    if (mask) keep_lanes(found, mask, row, scores, errors);
}

size_t NAME(scan_nibbles)(const uint8_t *blocks, size_t width, const labsync_byte_query *query, labsync_run run,
                          labsync_candidates *found) {
    size_t stride = labsync_nibble_stride(width);
    for (size_t first = run.start & ~(size_t)15; first < run.end; first += 16) {
        if (found->count + 16 > found->capacity) return first > run.start ? first : run.start;
        uint32_t mask = run_mask(run, first);
        if (!mask) continue;
        const uint8_t *block = blocks + first / 16 * stride;
        NAME(judge)(NAME(nibble_sums)(block, query->numbers, width, 1), block + width * 8, query, mask,
                    run.base + (int32_t)first, found);
    }
    return run.end;
}

// Groups lie anywhere: each is fetched while those before it are looked at.
static inline __attribute__((always_inline)) void NAME(fetch)(const uint8_t *blocks, size_t stride,
                                                              const labsync_group *groups, size_t next, size_t count) {
    if (next >= count) return;
    const uint8_t *block = blocks + (size_t)groups[next].place * stride;
    for (size_t line = 0; line < stride; line += 64) __builtin_prefetch(block + line, 0, 2);
}

size_t NAME(scan_nibble_groups)(const uint8_t *blocks, size_t width, const labsync_byte_query *query,
                                const labsync_group *groups, size_t count, labsync_candidates *found) {
    size_t stride = labsync_nibble_stride(width);
    for (size_t i = 0; i < count; i++) {
        if (found->count + 16 > found->capacity) return i;
        NAME(fetch)(blocks, stride, groups, i + 3, count);
        const uint8_t *block = blocks + (size_t)groups[i].place * stride;
        NAME(judge)(NAME(nibble_sums)(block, query->numbers, width, 0), block + width * 8, query, groups[i].mask,
                    groups[i].row, found);
    }
    return count;
}

static inline __attribute__((always_inline)) void NAME(judge_signs)(const uint8_t *block, size_t width,
                                                                    const labsync_sign_query *query, int is_in_order,
                                                                    uint32_t mask, int32_t row,
                                                                    labsync_candidates *found) {
    // What most sketches have, as a loop without a counter.
    integers sums = width == 128 ? NAME(sign_sums)(block, query->tables, 4, is_in_order)
                                 : NAME(sign_sums)(block, query->tables, width / 32, is_in_order);
    lanes factors = load_lanes((const float *)(block + width * 2));
    lanes scores = query->offset + factors * (query->base + query->step * __builtin_convertvector(sums, lanes));
    NAME(keep)(found, mask & NAME(above)(scores, found->threshold), row, scores);
}

size_t NAME(scan_signs)(const uint8_t *blocks, size_t width, const labsync_sign_query *query, labsync_run run,
                        labsync_candidates *found) {
    size_t stride = labsync_sign_stride(width);
    for (size_t first = run.start & ~(size_t)15; first < run.end; first += 16) {
        if (found->count + 16 > found->capacity) return first > run.start ? first : run.start;
        int is_whole = !run.admitted && first >= run.start && first + 16 <= run.end;
        uint32_t mask = is_whole ? 0xffff : run_mask(run, first);
        if (!mask) continue;
        NAME(judge_signs)(blocks + first / 16 * stride, width, query, 1, mask, run.base + (int32_t)first, found);
    }
    return run.end;
}

size_t NAME(scan_sign_groups)(const uint8_t *blocks, size_t width, const labsync_sign_query *query,
                              const labsync_group *groups, size_t count, labsync_candidates *found) {
    size_t stride = labsync_sign_stride(width);
    for (size_t i = 0; i < count; i++) {
        if (found->count + 16 > found->capacity) return i;
        NAME(fetch)(blocks, stride, groups, i + 24, count);
        NAME(judge_signs)(blocks + (size_t)groups[i].place * stride, width, query, 0, groups[i].mask, groups[i].row,
                          found);
    }
    return count;
}

void NAME(score_floats)(const float *rows, size_t width, const float *query, const int32_t *which, size_t count,
                        float *scores) {
    for (size_t i = 0; i < count; i++) {
        if (i + 2 < count)
            for (size_t c = 0; c < width; c += 16) __builtin_prefetch(rows + (size_t)which[i + 2] * width + c);
        scores[i] = NAME(dot)(rows + (size_t)which[i] * width, query, width, 0);
    }
}

void NAME(score_bytes)(const uint8_t *rows, size_t width, const float *scales, const float *residuals,
                       const labsync_byte_query *query, const int32_t *which, size_t count, float *scores,
                       float *errors) {
    for (size_t i = 0; i < count; i++) {
        if (i + 8 < count) {
            size_t ahead = (size_t)which[i + 8];
            for (size_t c = 0; c < width; c += 64) __builtin_prefetch(rows + ahead * width + c);
            __builtin_prefetch(scales + ahead);
            __builtin_prefetch(residuals + ahead);
        }
        size_t row = (size_t)which[i];
        int32_t sum = NAME(byte_sum)(rows + row * width, query->numbers, width) - 128 * query->sum;
        scores[i] = scales[row] * query->scale * (float)sum;
        errors[i] = residuals[row] * query->norm + query->slack;
    }
}

void NAME(score_pairs)(const uint8_t *codes, const labsync_pair_layout *layout, const labsync_pair_query *query,
                       const int32_t *which, size_t count, float *scores) {
    size_t stride = labsync_pair_stride(layout), split = layout->first_bytes, end = split + layout->second_bytes;
    for (size_t i = 0; i < count; i++) {
        if (i + 16 < count)
            for (size_t line = 0; line < stride; line += 64)
                __builtin_prefetch(codes + (size_t)which[i + 16] * stride + line);
        const uint8_t *row = codes + (size_t)which[i] * stride;
        int32_t sums[2];
        float factors[2];
        NAME(pair_sums)(row, query->numbers, stride, split, end, sums);
        memcpy(factors, row + end, 8);
        scores[i] = query->offset + factors[0] * query->scales[0] * ((float)sums[0] - query->middles[0]) +
                    factors[1] * query->scales[1] * ((float)sums[1] - query->middles[1]);
    }
}
