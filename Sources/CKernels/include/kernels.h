#pragma once
#include <stddef.h>
#include <stdint.h>

// Element-wise steps of the encoder. All matrices are row-major float32.

/// rows[r][c] += bias[c]
void labsync_add_bias(float *rows, const float *bias, size_t count, size_t width);

/// rows[r][c] = gelu(rows[r][c] + bias[c]), with the error function (Abramowitz and Stegun 7.1.26, error 1.5e-7).
void labsync_add_bias_gelu(float *rows, const float *bias, size_t count, size_t width);

/// rows = layer norm(rows + bias + residual) * scale + shift, row by row; bias or residual may be null.
void labsync_add_norm(float *rows, const float *bias, const float *residual, const float *scale, const float *shift,
                      float epsilon, size_t count, size_t width);

/// Scaled dot-product attention (Vaswani et al. 2017, eq. 1) of one sentence, all heads, 32 numbers each.
///
/// projected: [length, 3 · heads · 32]: queries, keys, values. context: [length, heads · 32].
/// scratch: room for `labsync_attention_scratch(length)` numbers.
void labsync_attend(const float *projected, size_t length, size_t heads, float factor, float *scratch, float *context);
size_t labsync_attention_scratch(size_t length);

/// to[r] = rows[r] / |rows[r]|; zeros stay zeros. `to` may be `rows`.
void labsync_normalise(const float *rows, size_t count, size_t width, float *to);

/// mean[c] = Σ rows[r][c] / count
void labsync_mean(const float *rows, size_t count, size_t width, float *mean);

/// Query pieces laid out for `labsync_best_matches` as the processor likes them.
///
/// numbers [queries, 64 · words]: the pieces, each number from -127 to 127.
/// prepared: `labsync_prepared_size(queries, words)` bytes, aligned to 64.
size_t labsync_prepared_size(size_t queries, size_t words);
void labsync_prepare_matches(const int8_t *numbers, size_t queries, size_t words, void *prepared);

/// How well rows of signs match query pieces, by late interaction.
///
/// codes [pieces, words]: the signs of one text's piece vectors, a set bit for > 0.
/// best[q] becomes the largest, over the pieces, of the sum of q's numbers where the bits are set; INT32_MIN for none.
void labsync_best_matches(const uint64_t *codes, size_t pieces, const void *prepared, size_t queries, size_t words,
                          int32_t *best);

/// numbers[i] = row[i] / step, rounded, where step is the largest of them all / 127. Returns the step; total becomes the
/// sum of the numbers.
float labsync_round_to_bytes(const float *row, size_t width, int8_t *numbers, int32_t *total);

/// What a term adds to the scores of rows, by BM25: weight · count · gain / (count + fixed + per_length · length).
struct labsync_term_weight {
    float weight;
    float gain;
    float fixed;
    float per_length;
};

/// Adds a term's share to the scores of the rows that have it.
///
/// rows, counts [count]: the rows, each once, and how often they have the term. lengths, scores: by row.
/// touched: the rows whose score was 0 are written here, `base` added; has room for one more than there are rows.
/// Returns how many they were.
size_t labsync_add_term(const int32_t *rows, const uint16_t *counts, size_t count, const int32_t *lengths,
                        struct labsync_term_weight weight, float *scores, int32_t base, int32_t *touched);
