#pragma once
#include <stddef.h>

// Element-wise steps of the encoder. All matrices are row-major float32.

/// rows[r][c] += bias[c]
void labsync_add_bias(float *rows, const float *bias, size_t count, size_t width);

/// rows[r][c] = gelu(rows[r][c] + bias[c]), with the error function (Abramowitz and Stegun 7.1.26, error 1.5e-7).
void labsync_add_bias_gelu(float *rows, const float *bias, size_t count, size_t width);

/// rows = layer norm(rows + bias + residual) * scale + shift, row by row; bias or residual may be null.
void labsync_add_norm(float *rows, const float *bias, const float *residual, const float *scale, const float *shift,
                      float epsilon, size_t count, size_t width);

/// Each row becomes softmax(row * factor).
void labsync_softmax(float *rows, float factor, size_t count, size_t width);

/// scores[r] = rows[r] · query: one linear pass over memory, which a sgemv's interleaved rows are not.
void labsync_dot_rows(const float *rows, const float *query, float *scores, size_t count, size_t width);
