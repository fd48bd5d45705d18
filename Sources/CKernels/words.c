#include "include/kernels.h"

// The same sums on every processor.
#pragma STDC FP_CONTRACT OFF

enum { block = 16 };

static inline size_t add(const int32_t *rows, const uint16_t *counts, size_t count, const int32_t *lengths,
                         struct labsync_term_weight weight, float *scores, int32_t base, int32_t *touched,
                         size_t found) {
    float shares[block];
    for (size_t i = 0; i < count; i++) {
        float times = counts[i];
        shares[i] = weight.weight
            * (times * weight.gain / (times + weight.fixed + weight.per_length * (float)lengths[rows[i]]));
    }
    for (size_t i = 0; i < count; i++) {
        int32_t row = rows[i];
        float before = scores[row];
        // Whether a row is new is hard to foresee, so it is written down in any case.
        touched[found] = base + row;
        found += before == 0;
        scores[row] = before + shares[i];
    }
    return found;
}

size_t labsync_add_term(const int32_t *rows, const uint16_t *counts, size_t count, const int32_t *lengths,
                        struct labsync_term_weight weight, float *scores, int32_t base, int32_t *touched) {
    size_t found = 0, i = 0;
    for (; i + 3 * block <= count; i += block) {
        // Rows lie far apart: they are fetched while those before them are added.
        for (size_t ahead = i + 2 * block; ahead < i + 3 * block; ahead++) {
            __builtin_prefetch(lengths + rows[ahead]);
            __builtin_prefetch(scores + rows[ahead], 1);
        }
        found = add(rows + i, counts + i, block, lengths, weight, scores, base, touched, found);
    }
    for (; i < count; i += block) {
        size_t rest = count - i < block ? count - i : block;
        found = add(rows + i, counts + i, rest, lengths, weight, scores, base, touched, found);
    }
    return found;
}
