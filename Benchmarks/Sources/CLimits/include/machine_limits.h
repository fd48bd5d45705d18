#pragma once
#include <stddef.h>

// What one thread of the machine could do at most.

/// GB/s read in one linear pass.
double bench_read(const void *bytes, size_t count);

/// 10⁹ multiplications with addition a second, of bytes (VNNI), of bfloat16 and of float32; 0 without the instructions.
double bench_byte_products(void);
double bench_bfloat_products(void);
double bench_float_products(void);
