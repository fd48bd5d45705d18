"""Extends real embeddings to as many as are wanted, by perturbing them.

    make_vectors.py REAL.f32 OUT.f32 ROWS [DIMENSION]

Each further row is a real one with noise of half its length added, so that it has a cosine of about 0.89 with it. Beside
OUT, `OUT.scopes` gets the first row of each of about ten thousand scopes, of very uneven sizes, as int32.
"""

import sys

import numpy

real_path, out_path, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
dimension = int(sys.argv[4]) if len(sys.argv) > 4 else 384
random = numpy.random.default_rng(1)
real = numpy.fromfile(real_path, dtype=numpy.float32).reshape(-1, dimension)
with open(out_path, "wb") as out:
    for start in range(0, rows, 50_000):
        count = min(50_000, rows - start)
        chosen = random.integers(0, len(real), count)
        made = real[chosen]
        noise = random.standard_normal((count, dimension), dtype=numpy.float32)
        made = made + 0.5 * noise / numpy.linalg.norm(noise, axis=1, keepdims=True)
        if start == 0:
            some = min(len(real), count)
            made[:some] = real[random.permutation(len(real))[:some]]
        made /= numpy.linalg.norm(made, axis=1, keepdims=True)
        made.astype(numpy.float32).tofile(out)
sizes = random.pareto(1.2, 10_000) + 0.2
starts = numpy.concatenate([[0], numpy.cumsum(sizes / sizes.sum() * rows)[:-1]]).astype(numpy.int32)
numpy.unique(starts).astype(numpy.int32).tofile(out_path + ".scopes")
