comment on column vectors.embedding is 'Facets 0 and 1: float32, little endian, L2-normalised. Facet 2: signs of piece vectors, a bit a number.';
