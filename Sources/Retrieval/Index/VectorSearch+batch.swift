import CKernels

/// Several queries in one pass: each row is unpacked once for all of them.
extension VectorSearch {
    /// More are asked in several passes: their codes should stay in the processor's caches.
    private static let largestPass = 128

    /// Each query's best rows, certified.
    public func nearest(to queries: [VectorQuery], _ limit: Int, above floor: Float = -.infinity) -> [[VectorHit]] {
        guard limit > 0, runs.count > 0 else { return queries.map { _ in [] } }
        for query in queries { requireDimension(of: query) }
        guard runs.count >= Self.fewestCoarse else {
            return queries.map { nearest(to: $0, limit, above: floor, mode: .exact) }
        }
        return stride(from: 0, to: queries.count, by: Self.largestPass).flatMap { start in
            pass(Array(queries[start..<min(queries.count, start + Self.largestPass)]), limit, floor)
        }
    }

    private func pass(_ queries: [VectorQuery], _ limit: Int, _ floor: Float) -> [[VectorHit]] {
        let found = queries.map { _ in VectorCandidates(capacity: max(4096, 8 * limit), above: floor) }
        var raw = found.map(\.raw)
        /// Works on one query's candidates as a single search does.
        func with(_ index: Int, _ work: () -> Void) {
            found[index].raw = raw[index]
            work()
            raw[index] = found[index].raw
        }
        for run in runs.runs {
            guard let coarse = run.block.coarse else {
                for (index, query) in queries.enumerated() {
                    with(index) { scanFloats(run, query, found[index]) { tighten(found[index], query, limit) } }
                }
                continue
            }
            let bytes = queries.map { query in query.withBytes(longest: run.block.longest) { $0 } }
            let width = queries[0].width
            var tiles = [Int8](repeating: 0, count: labsync_tile_size(width, queries.count))
            withAddresses(of: queries, bytes) { bytes in
                labsync_tile_queries(bytes, width, queries.count, &tiles)
                run.scan(
                    {
                        labsync_scan_nibbles_batch(
                            level.raw,
                            coarse.nibbles.pointer(to: UInt8.self),
                            width,
                            bytes,
                            tiles,
                            queries.count,
                            $0,
                            &raw
                        )
                    },
                    makeRoom: {
                        for (index, query) in queries.enumerated() where raw[index].count > raw[index].capacity / 2 {
                            with(index) { tighten(found[index], query, limit) }
                        }
                    }
                )
            }
        }
        return queries.enumerated().map { index, query in
            with(index) { finish(found[index], query, limit) }
            return found[index].best(limit, above: floor)
        }
    }

    /// The queries' bytes with addresses that hold for as long as the body runs.
    private func withAddresses(
        of queries: [VectorQuery],
        _ bytes: [labsync_byte_query],
        _ body: (UnsafePointer<labsync_byte_query>) -> Void
    ) {
        let numbers = queries.flatMap(\.numbers)
        numbers.withUnsafeBufferPointer { numbers in
            var placed = bytes
            for index in placed.indices {
                placed[index].numbers = numbers.baseAddress.map { $0 + index * queries[0].width }
            }
            placed.withUnsafeBufferPointer { placed in
                guard let start = placed.baseAddress else { return }
                body(start)
            }
        }
    }
}
