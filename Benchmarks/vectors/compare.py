"""Compares vector search with its peers: one thread each, a query at a time, all taking turns.

    compare.py BENCH VECTORS.f32 QUERIES.f32 PART...

BENCH is Benchmarks' VectorBench, VECTORS what make_vectors.py made. Parts: whole, filtered, sizes, batches, hnsw (builds
a graph of the vectors first, some minutes). Prints medians in milliseconds (wall and processor), the ratio of them to
faiss' exhaustive search in the same run, and recall@10 against it. BUILD_THREADS (1) is for building graphs alone.
"""

import os
import subprocess
import sys
import tempfile
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import faiss
import hnswlib
import numpy
import usearch.index

faiss.omp_set_num_threads(1)
DIMENSION = 384
LIMIT = 10
KEPT = []
QUERIES = int(os.environ.get("QUERIES", 60))


class Bench:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def timed(self, line):
        wall, cpu, *rows = self.ask(line).split()
        return int(wall), int(cpu), [int(row) for row in rows]

    def see(self, name, runs):
        with tempfile.NamedTemporaryFile(suffix=".runs") as file:
            numpy.asarray(runs, dtype=numpy.int32).tofile(file.name)
            return int(self.ask(f"visible {name} {file.name}"))


def timed(search):
    wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
    rows = search()
    return time.perf_counter_ns() - wall, time.thread_time_ns() - cpu, [int(row) for row in rows]


def take_turns(title, methods, queries, baseline="faiss Flat"):
    """methods: name to a function of a query's number that gives wall ns, CPU ns and rows."""
    times = {name: [] for name in methods}
    hits = {name: 0 for name in methods}
    for query in range(queries):
        truth = None
        for name in sorted(methods, key=lambda name: (name != baseline, hash((name, query)))):
            wall, cpu, rows = methods[name](query)
            times[name].append((wall, cpu))
            if name == baseline:
                truth = set(rows[:LIMIT])
            hits[name] += len(truth & set(rows[:LIMIT]))
    print(f"\n### {title}\n\n| | wall p50 ms | processor p50 ms | x {baseline}, wall | processor | recall@{LIMIT} |")
    print("|---|---|---|---|---|---|")
    base = numpy.median(numpy.array(times[baseline], dtype=float), axis=0)
    for name in methods:
        median = numpy.median(numpy.array(times[name], dtype=float), axis=0)
        recall = hits[name] / (queries * LIMIT)
        print(
            f"| {name} | {median[0] / 1e6:.2f} | {median[1] / 1e6:.2f} | {base[0] / median[0]:.1f} "
            f"| {base[1] / median[1]:.1f} | {recall:.4f} |",
            flush=True,
        )


def ours(bench, mode, visible="all"):
    return lambda query: bench.timed(f"search {mode} {visible} {LIMIT} {query}")


def peer(index, queries, params=None):
    def search(query):
        _, rows = index.search(queries[query : query + 1], LIMIT, params=params)
        return rows[0]

    return lambda query: timed(lambda: search(query))


def exhaustive(vectors):
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def refined(vectors, path):
    """PQ with fast scan, refined in full: the quickest peer without a filter."""
    if os.path.exists(path):
        base = faiss.read_index(path)
    else:
        base = faiss.index_factory(DIMENSION, "PQ96x4fs", faiss.METRIC_INNER_PRODUCT)
        base.train(vectors[:: max(1, len(vectors) // 50_000)])
        base.add(vectors)
        faiss.write_index(base, path)
    flat = exhaustive(vectors)
    index = faiss.IndexRefine(base, flat)
    KEPT.append((base, flat))
    return index


def numpy_search(vectors, queries):
    def search(query):
        scores = vectors @ queries[query]
        best = numpy.argpartition(-scores, LIMIT)[:LIMIT]
        return best[numpy.argsort(-scores[best])]

    return lambda query: timed(lambda: search(query))


def whole(bench, vectors, queries, path):
    flat = exhaustive(vectors)
    methods = {
        "faiss Flat": peer(flat, queries),
        "Labsync exact (float32)": ours(bench, "exact"),
        "Labsync certified": ours(bench, "certified"),
        "Labsync fast": ours(bench, "fast"),
    }
    fast = refined(vectors, path + ".pq96")
    for factor in (50, 100, 200):
        params = faiss.IndexRefineSearchParameters(k_factor=factor)
        methods[f"faiss PQ96x4fs + refine {factor}"] = peer(fast, queries, params)
    take_turns(f"{len(vectors):,} × {DIMENSION}, all visible", methods, QUERIES)


def filtered(bench, vectors, queries, path, graph=None, other=None):
    flat = exhaustive(vectors)
    starts = numpy.fromfile(path + ".scopes", dtype=numpy.int32)
    ends = numpy.append(starts[1:], len(vectors))
    random = numpy.random.default_rng(2)
    for share in (0.5, 0.1, 0.01):
        order = random.permutation(len(starts))
        # None that is most of what is visible.
        order = order[(ends - starts)[order] < share * len(vectors) / 4]
        chosen = numpy.sort(order[numpy.cumsum((ends - starts)[order]) <= share * len(vectors)])
        bench.see("some", numpy.stack([starts[chosen], ends[chosen]], axis=1))
        bits = numpy.zeros(len(vectors), dtype=bool)
        for scope in chosen:
            bits[starts[scope] : ends[scope]] = True
        bitmap = numpy.packbits(bits, bitorder="little")
        selector = faiss.IDSelectorBitmap(bitmap)
        methods = {
            "faiss Flat": peer(flat, queries, faiss.SearchParameters(sel=selector)),
            "Labsync exact (float32)": ours(bench, "exact", "some"),
            "Labsync certified": ours(bench, "certified", "some"),
            "Labsync fast": ours(bench, "fast", "some"),
        }
        if graph is not None:
            methods["faiss HNSW ef 256"] = peer(
                graph, queries, faiss.SearchParametersHNSW(sel=selector, efSearch=256)
            )
        if other is not None:
            # Its filter is a function that is called for every row that the graph comes by.
            methods["hnswlib ef 256"] = hnswlib_search(other, queries, 256, lambda row: bits[row])
        title = f"{bits.mean():.1%} of {len(vectors):,} visible, {len(chosen):,} of {len(starts):,} scopes"
        take_turns(title, methods, QUERIES)


def sizes(bench, vectors, queries, path):
    for count in (10_000, 100_000):
        some = vectors[:count]
        bench.see("some", [[0, count]])
        methods = {
            "faiss Flat": peer(exhaustive(some), queries),
            "numpy": numpy_search(some, queries),
            "Labsync exact (float32)": ours(bench, "exact", "some"),
            "Labsync certified": ours(bench, "certified", "some"),
            "Labsync fast": ours(bench, "fast", "some"),
        }
        fast = refined(some, f"{path}.{count}.pq96")
        for factor in (10, 30):
            params = faiss.IndexRefineSearchParameters(k_factor=factor)
            methods[f"faiss PQ96x4fs + refine {factor}"] = peer(fast, queries, params)
        take_turns(f"{count:,} × {DIMENSION}", methods, min(len(queries), 4 * QUERIES))


def batches(bench, vectors, queries, path):
    """faiss tuned: with blocks small enough that its BLAS product is used for few queries too."""
    flat = exhaustive(vectors)
    faiss.cvar.distance_compute_blas_threshold = 20
    for size in (32, 128):
        methods = {
            "faiss Flat, tuned": lambda turn: timed(
                lambda: flat.search(queries[turn * size % 256 : turn * size % 256 + size], LIMIT)[1].ravel()
            ),
            "Labsync certified": lambda turn: bench.timed(f"batch all {LIMIT} {turn * size % 256} {size}"),
        }
        times = {name: [] for name in methods}
        agree = 0
        for turn in range(4):
            rows = {}
            for name in methods:
                wall, cpu, rows[name] = methods[name](turn)
                times[name].append((wall / size, cpu / size))
            pairs = zip(*(numpy.array(found).reshape(size, LIMIT) for found in rows.values()))
            agree += sum(len(set(one) & set(other)) for one, other in pairs)
        print(f"\n### batches of {size} at {len(vectors):,}\n\n| | wall ms a query | processor | ratio | recall |\n|---|---|---|---|---|")
        base = numpy.median(numpy.array(times["faiss Flat, tuned"]), axis=0)
        for name in methods:
            median = numpy.median(numpy.array(times[name]), axis=0)
            recall = agree / (4 * size * LIMIT) if name.startswith("Labsync") else 1
            print(f"| {name} | {median[0] / 1e6:.2f} | {median[1] / 1e6:.2f} | {base[1] / median[1]:.1f} | {recall:.4f} |")
        products = len(vectors) * DIMENSION / median[1]
        peak = float(bench.ask("peak").split()[0])
        print(f"\n{products:.0f} of {peak:.0f} · 10⁹ byte products a second: {products / peak:.2f} of the peak", flush=True)


def built(path, read, build):
    """Reads what was built before, or builds it and says how long that took."""
    if not os.path.exists(path):
        start = time.process_time()
        build()
        print(f"{path.rsplit('.', 1)[1]} built in {time.process_time() - start:.0f} s of processor", flush=True)
    return read()


def faiss_graph(vectors, path, threads):
    def build():
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexHNSWFlat(DIMENSION, 24, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 64
        index.add(vectors)
        faiss.write_index(index, path)
        faiss.omp_set_num_threads(1)

    return built(path, lambda: faiss.read_index(path), build)


def hnswlib_graph(vectors, path, threads):
    def read():
        index = hnswlib.Index(space="ip", dim=DIMENSION)
        index.load_index(path, max_elements=len(vectors))
        return index

    def build():
        index = hnswlib.Index(space="ip", dim=DIMENSION)
        index.init_index(max_elements=len(vectors), ef_construction=64, M=24)
        index.add_items(vectors, num_threads=threads)
        index.save_index(path)

    return built(path, read, build)


def usearch_graph(vectors, path, threads):
    def build():
        index = usearch.index.Index(ndim=DIMENSION, metric="ip", dtype="f32", connectivity=24, expansion_add=64)
        index.add(numpy.arange(len(vectors)), vectors, threads=threads)
        index.save(path)

    return built(path, lambda: usearch.index.Index.restore(path), build)


def hnswlib_search(index, queries, ef, chosen=None):
    index.set_num_threads(1)

    def search(query):
        index.set_ef(ef)
        try:
            return index.knn_query(queries[query], k=LIMIT, num_threads=1, filter=chosen)[0][0]
        except RuntimeError:
            # It finds fewer than were asked for.
            return []

    return lambda query: timed(lambda: search(query))


def usearch_search(index, queries, ef):
    def search(query):
        index.expansion_search = ef
        return index.search(queries[query], LIMIT, threads=1).keys

    return lambda query: timed(lambda: search(query))


def hnsw(bench, vectors, queries, path):
    """Graphs with 24 neighbours, 64 looked at for each when built. usearch's Python has no filter."""
    threads = int(os.environ.get("BUILD_THREADS", 1))
    graph = faiss_graph(vectors, path + ".hnsw", threads)
    other = hnswlib_graph(vectors, path + ".hnswlib", threads)
    third = usearch_graph(vectors, path + ".usearch", threads)
    methods = {
        "faiss Flat": peer(exhaustive(vectors), queries),
        "Labsync certified": ours(bench, "certified"),
        "Labsync fast": ours(bench, "fast"),
    }
    for ef in (64, 256):
        methods[f"faiss HNSW ef {ef}"] = peer(graph, queries, faiss.SearchParametersHNSW(efSearch=ef))
        methods[f"hnswlib ef {ef}"] = hnswlib_search(other, queries, ef)
        methods[f"usearch ef {ef}"] = usearch_search(third, queries, ef)
    take_turns(f"graphs at {len(vectors):,} × {DIMENSION}, all visible", methods, QUERIES)
    filtered(bench, vectors, queries, path, graph, other)


def main():
    program, path, query_path, *parts = sys.argv[1:]
    vectors = numpy.memmap(path, dtype=numpy.float32, mode="r").reshape(-1, DIMENSION)
    queries = numpy.fromfile(query_path, dtype=numpy.float32).reshape(-1, DIMENSION)
    queries = queries[numpy.random.default_rng(3).permutation(len(queries))[:256]].copy()
    bench = Bench(program)
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        queries.tofile(file.name)
        bench.ask(f"queries {file.name} {DIMENSION}")
    print("loaded, signs made, bytes:", bench.ask(f"load {path} {len(vectors)} {DIMENSION}"))
    print("GB/s read by one thread:", bench.ask("bandwidth"))
    print("10⁹ products a second (bytes, bfloat16, float32):", bench.ask("peak"), flush=True)
    for part in parts:
        globals()[part](bench, vectors, queries, path)


main()
