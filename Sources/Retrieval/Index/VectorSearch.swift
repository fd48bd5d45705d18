import CKernels

/// Finds the rows with the largest inner products, by a ladder of precision: a pass over short codes, then a second and
/// a third look at the few rows that it leaves.
public struct VectorSearch {
    /// Which kernels to use; the best that the processor has, but for tests.
    public struct Level: Sendable, Equatable, CaseIterable, CustomStringConvertible {
        let raw: labsync_level

        public static let portable = Level(raw: LABSYNC_PORTABLE)
        public static let best = Level(raw: labsync_best_level())
        public static var allCases: [Level] {
            [LABSYNC_PORTABLE, LABSYNC_AVX2, LABSYNC_AVX512, LABSYNC_NEON].map(Level.init)
                .filter { labsync_level_is_available($0.raw) != 0 }
        }

        public var description: String {
            switch raw {
            case LABSYNC_AVX512: "AVX-512"
            case LABSYNC_AVX2: "AVX2"
            case LABSYNC_NEON: "NEON"
            default: "portable"
            }
        }

        public static func == (left: Level, right: Level) -> Bool { left.raw == right.raw }
    }

    /// So few rows are compared by float32 as quickly as by anything else.
    static let fewestCoarse = 512
    /// A sketch pays from here on (docs/PERFORMANCE.md).
    private static let fewestSketched = 4_000
    /// What a certified pass reads in 10 ms, with room for slower machines: four bits a number.
    private static let mostCertifiedBytes = 240_000_000

    let runs: VectorRuns
    let level: Level

    public init(_ runs: VectorRuns, level: Level = .best) {
        self.runs = runs
        self.level = level
    }

    /// Certified where that costs no more than 10 ms.
    public static func usualMode(rows: Int, dimension: Int) -> VectorMode {
        rows * (dimension / 2 + 8) <= mostCertifiedBytes ? .certified : .fast
    }

    /// - Parameters:
    ///   - floor: what a row must score more than.
    ///   - mode: nil takes the usual one.
    public func nearest(
        to query: VectorQuery,
        _ limit: Int,
        above floor: Float = -.infinity,
        mode: VectorMode? = nil
    ) -> [VectorHit] {
        guard limit > 0, runs.count > 0 else { return [] }
        requireDimension(of: query)
        switch mode ?? Self.usualMode(rows: runs.count, dimension: query.dimension) {
        case .exact: return exact(query, limit, floor)
        case .certified:
            return runs.count < Self.fewestCoarse ? exact(query, limit, floor) : certified(query, limit, floor)
        case .fast:
            if runs.count < Self.fewestCoarse { return exact(query, limit, floor) }
            return runs.count < Self.fewestSketched
                ? certified(query, limit, floor) : quick(query, limit, floor)
        }
    }

    func requireDimension(of query: VectorQuery) {
        for block in runs.blocks { precondition(block.dimension == query.dimension) }
    }

    // MARK: Exact

    private func exact(_ query: VectorQuery, _ limit: Int, _ floor: Float) -> [VectorHit] {
        let found = VectorCandidates(capacity: max(1024, 4 * limit), above: floor)
        for run in runs.runs {
            scanFloats(run, query, found) { labsync_keep_best(&found.raw, Int32(limit)) }
        }
        return found.best(limit, above: floor)
    }

    func scanFloats(_ run: VectorRuns.Run, _ query: VectorQuery, _ found: VectorCandidates, makeRoom: () -> Void) {
        let rows = run.block.floats.pointer(to: Float.self)
        run.scan(
            { labsync_scan_floats(level.raw, rows, query.width, query.floats, $0, &found.raw) },
            makeRoom: makeRoom
        )
    }

    // MARK: Passes that modes share

    /// Calls a pass from the first group until it has come to the last, making room whenever it stops for want of it.
    func scan(
        _ groups: UnsafeBufferPointer<labsync_group>,
        _ found: VectorCandidates,
        _ makeRoom: () -> Void,
        _ pass: (UnsafePointer<labsync_group>, Int) -> Int
    ) {
        guard let first = groups.baseAddress else { return }
        var done = 0
        while true {
            done += pass(first + done, groups.count - done)
            if done >= groups.count { return }
            makeRoom()
        }
    }

    func scanNibbles(
        _ groups: UnsafeBufferPointer<labsync_group>,
        _ coarse: VectorBlock.Coarse,
        _ query: VectorQuery,
        _ bytes: labsync_byte_query,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        let codes = coarse.nibbles.pointer(to: UInt8.self)
        withUnsafePointer(to: bytes) { bytes in
            scan(groups, found, makeRoom) {
                labsync_scan_nibble_groups(level.raw, codes, query.width, bytes, $0, $1, &found.raw)
            }
        }
    }

    func scanNibbles(
        _ run: VectorRuns.Run,
        _ coarse: VectorBlock.Coarse,
        _ query: VectorQuery,
        _ bytes: labsync_byte_query,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        let codes = coarse.nibbles.pointer(to: UInt8.self)
        withUnsafePointer(to: bytes) { bytes in
            run.scan(
                { labsync_scan_nibbles(level.raw, codes, query.width, bytes, $0, &found.raw) },
                makeRoom: makeRoom
            )
        }
    }

    /// Places whose rows have no bytes become exact.
    func rescoreBytes(_ places: [Int], _ query: VectorQuery, _ found: VectorCandidates) {
        found.rescore(places, in: runs) { block, rows, scores, errors in
            scoreBytes(block, rows, query, scores, errors)
        }
    }

    func scoreBytes(
        _ block: VectorBlock,
        _ rows: UnsafeBufferPointer<Int32>,
        _ query: VectorQuery,
        _ scores: UnsafeMutablePointer<Float>,
        _ errors: UnsafeMutablePointer<Float>
    ) {
        guard let coarse = block.coarse else { return score(block, rows, query, scores, errors) }
        query.withBytes(longest: block.longest) { bytes in
            withUnsafePointer(to: bytes) { bytes in
                labsync_score_bytes(
                    level.raw,
                    coarse.bytes.pointer(to: UInt8.self),
                    query.width,
                    coarse.scales.pointer(to: Float.self),
                    coarse.residuals.pointer(to: Float.self),
                    bytes,
                    rows.baseAddress,
                    rows.count,
                    scores,
                    errors
                )
            }
        }
    }

    func rescoreFloats(_ places: [Int], _ query: VectorQuery, _ found: VectorCandidates) {
        found.rescore(places, in: runs) { block, rows, scores, errors in score(block, rows, query, scores, errors) }
    }

    private func score(
        _ block: VectorBlock,
        _ rows: UnsafeBufferPointer<Int32>,
        _ query: VectorQuery,
        _ scores: UnsafeMutablePointer<Float>,
        _ errors: UnsafeMutablePointer<Float>
    ) {
        labsync_score_floats(
            level.raw,
            block.floats.pointer(to: Float.self),
            query.width,
            query.floats,
            rows.baseAddress,
            rows.count,
            scores
        )
        errors.update(repeating: 0, count: rows.count)
    }

    /// The inner product of some rows, in their order.
    public func scores(of rows: [Int], _ query: VectorQuery) -> [Float] {
        let found = VectorCandidates(capacity: rows.count, above: -.infinity)
        for (place, row) in rows.enumerated() { found.raw.rows[place] = Int32(row) }
        found.raw.count = Int32(rows.count)
        rescoreFloats(Array(rows.indices), query, found)
        return rows.indices.map { found.raw.scores[$0] }
    }
}
