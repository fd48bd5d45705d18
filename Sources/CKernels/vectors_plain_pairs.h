// Products of two-bit codes, for levels that leave it to the compiler which registers they are made in.

INLINE int32_t NAME(pair_sum)(const uint8_t *codes, const int8_t *query, size_t stride, size_t start, size_t end) {
    int32_t sum = 0;
    for (size_t place = 0; place < 4; place++)
        for (size_t i = start; i < end; i++) sum += (codes[i] >> 2 * place & 3) * query[place * stride + i];
    return sum;
}

INLINE void NAME(pair_sums)(const uint8_t *codes, const int8_t *query, size_t stride, size_t split, size_t end,
                            int32_t sums[2]) {
    sums[0] = NAME(pair_sum)(codes, query, stride, 0, split);
    sums[1] = NAME(pair_sum)(codes, query, stride, split, end);
}
