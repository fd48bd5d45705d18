import CKernels

/// The rows that a search has kept so far, as passes fill them in.
final class VectorCandidates {
    var raw: labsync_candidates
    private var size: Int

    /// - Parameter threshold: rows must score more.
    init(capacity: Int, above threshold: Float) {
        size = max(64, capacity)
        raw = labsync_candidates(
            rows: .allocate(capacity: size),
            scores: .allocate(capacity: size),
            errors: .allocate(capacity: size),
            count: 0,
            capacity: Int32(size),
            threshold: threshold
        )
        raw.errors.update(repeating: 0, count: size)
    }

    deinit {
        raw.rows.deallocate()
        raw.scores.deallocate()
        raw.errors.deallocate()
    }

    var count: Int { Int(raw.count) }
    var capacity: Int { size }

    func grow() {
        Self.grow(&raw.rows, count, size * 2)
        Self.grow(&raw.scores, count, size * 2)
        Self.grow(&raw.errors, count, size * 2)
        size *= 2
        raw.capacity = Int32(size)
    }

    private static func grow<Element: BitwiseCopyable>(
        _ pointer: inout UnsafeMutablePointer<Element>?,
        _ count: Int,
        _ size: Int
    ) {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: size)
        if let old = pointer {
            larger.update(from: old, count: count)
            old.deallocate()
        }
        pointer = larger
    }

    /// Scores places again in the order of their rows, a block at a time.
    ///
    /// - Parameter score: gets a block, some of its rows, and room for what it makes of them.
    func rescore(
        _ places: [Int],
        in runs: VectorRuns,
        _ score: (
            _ block: VectorBlock, _ rows: UnsafeBufferPointer<Int32>, _ scores: UnsafeMutablePointer<Float>,
            _ errors: UnsafeMutablePointer<Float>
        ) -> Void
    ) {
        guard let rows = raw.rows, let scores = raw.scores, let errors = raw.errors, !places.isEmpty else { return }
        // Row and place in one number: sorting these is quicker than sorting pairs.
        var keys = places.map { UInt64(UInt32(bitPattern: rows[$0])) << 32 | UInt64($0) }
        // A pass finds rows in order.
        if !zip(keys, keys.dropFirst()).allSatisfy(<) { keys.sort() }
        var local = [Int32](repeating: 0, count: keys.count)
        var newScores = [Float](repeating: 0, count: keys.count)
        var newErrors = newScores
        var ends: [(block: Int, end: Int)] = []
        var hint = 0
        for (index, key) in keys.enumerated() {
            let place = runs.place(of: Int(key >> 32), from: &hint)
            local[index] = Int32(place.row)
            if ends.last?.block == place.block {
                ends[ends.count - 1].end = index + 1
            } else {
                ends.append((place.block, index + 1))
            }
        }
        local.withUnsafeBufferPointer { local in
            newScores.withUnsafeMutableBufferPointer { newScores in
                newErrors.withUnsafeMutableBufferPointer { newErrors in
                    guard let scores = newScores.baseAddress, let errors = newErrors.baseAddress else { return }
                    var start = 0
                    for (block, end) in ends {
                        let rows = UnsafeBufferPointer(rebasing: local[start..<end])
                        score(runs.blocks[block], rows, scores + start, errors + start)
                        start = end
                    }
                }
            }
        }
        for (index, key) in keys.enumerated() {
            let place = Int(key & 0xffff_ffff)
            scores[place] = newScores[index]
            errors[place] = newErrors[index]
        }
    }

    /// Best first; ties in row order.
    func best(_ limit: Int, above floor: Float) -> [VectorHit] {
        guard let rows = raw.rows, let scores = raw.scores else { return [] }
        return (0..<count).lazy.filter { scores[$0] > floor }
            .map { VectorHit(row: Int(rows[$0]), score: scores[$0]) }
            .sorted { ($0.score, $1.row) > ($1.score, $0.row) }
            .prefix(limit).map { $0 }
    }
}

/// One row that is near a query.
public struct VectorHit: Equatable, Sendable {
    public let row: Int
    /// The inner product in float32.
    public let score: Float

    public init(row: Int, score: Float) {
        self.row = row
        self.score = score
    }
}
