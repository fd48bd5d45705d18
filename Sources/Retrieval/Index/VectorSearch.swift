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
    /// Signs pay from here on (docs/PERFORMANCE.md).
    private static let fewestSigned = 4_000
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
            return runs.count < Self.fewestSigned
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

    // MARK: Quick

    /// Kept by their signs for a second look, of so many rows: measured to miss about 2 of 1000 of the best ten.
    private static func keptBySigns(_ limit: Int, of rows: Int) -> Int {
        max(20 * limit, min(2000, 200 + rows / 500))
    }
    /// Kept by eight bits for a third look.
    private static func keptByBytes(_ limit: Int) -> Int { max(60, 3 * limit) }

    private func quick(_ query: VectorQuery, _ limit: Int, _ floor: Float) -> [VectorHit] {
        let kept = Self.keptBySigns(limit, of: runs.count)
        let found = VectorCandidates(capacity: 4 * kept, above: floor)
        let turned = TurnedQuery(query)
        func makeRoom() { labsync_keep_about(&found.raw, Int32(kept)) }
        if runs.areShort {
            quickByGroups(query, turned, found, makeRoom: makeRoom)
        } else {
            quickByRuns(query, turned, found, makeRoom: makeRoom)
        }
        makeRoom()
        rescoreBytes(Array(0..<found.count), query, found)
        labsync_keep_about(&found.raw, Int32(Self.keptByBytes(limit)))
        rescoreFloats(Array(0..<found.count), query, found)
        return found.best(limit, above: floor)
    }

    private func quickByRuns(
        _ query: VectorQuery,
        _ turned: TurnedQuery,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        // Of the block that the last run was of.
        var (last, offset): (SignCodes?, Float) = (nil, 0)
        for run in runs.runs {
            if let signs = run.block.signCodes {
                if signs !== last { (last, offset) = (signs, turned.offset(of: signs)) }
                turned.with(offset) { bits in
                    run.scan(
                        { labsync_scan_bits(level.raw, signs.start, query.width, bits, $0, &found.raw) },
                        makeRoom: makeRoom
                    )
                }
            } else if let coarse = run.block.coarse {
                query.withEstimatingBytes { scanNibbles(run, coarse, query, $0, found, makeRoom: makeRoom) }
            } else {
                scanFloats(run, query, found, makeRoom: makeRoom)
            }
        }
    }

    private func quickByGroups(
        _ query: VectorQuery,
        _ turned: TurnedQuery,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        runs.forEachBlock { block, groups, runs in
            if let signs = block.signCodes {
                turned.with(turned.offset(of: signs)) { bits in
                    scan(groups, found, makeRoom) {
                        labsync_scan_bit_groups(level.raw, signs.start, query.width, bits, $0, $1, &found.raw)
                    }
                }
            } else if let coarse = block.coarse {
                query.withEstimatingBytes { scanNibbles(groups, coarse, query, $0, found, makeRoom: makeRoom) }
            } else {
                for run in runs { scanFloats(run, query, found, makeRoom: makeRoom) }
            }
        }
    }

    /// Calls a pass from the first group until it has come to the last, making room whenever it stops for want of it.
    private func scan(
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

    // MARK: Passes that modes share

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
            guard let coarse = block.coarse else {
                return score(block, rows, query, scores, errors)
            }
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
