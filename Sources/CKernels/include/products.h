#pragma once
#include <stddef.h>
#include <stdint.h>

// Products of a matrix with weights that stay the same, laid out beforehand.

typedef enum {
    /// AVX-512, 32-bit floats.
    LABSYNC_WHOLE = 0,
    /// AVX-512 VNNI: twice as many products at once, of 16-bit integers with a scale for each row and each weight,
    /// summed exactly in 32 bits.
    LABSYNC_HALF = 1,
} labsync_product;

int labsync_product_is_available(labsync_product kind);

/// Room for the weights, in bytes. `outputs` is a multiple of 32, `inputs` of 64.
size_t labsync_weight_size(labsync_product kind, size_t outputs, size_t inputs);

/// weight: [outputs, inputs] float32. packed: aligned to 64 bytes.
void labsync_pack_weight(labsync_product kind, const float *weight, size_t outputs, size_t inputs, void *packed);

/// result [rows, outputs] = matrix [rows, inputs] · weightᵀ
///
/// scratch: room for rows · inputs · 4 bytes.
void labsync_multiply(labsync_product kind, const float *matrix, size_t rows, size_t inputs, const void *packed,
                      size_t outputs, void *scratch, float *result);
