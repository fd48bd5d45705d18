/// Vectors of the stretches around turns of meetings, of several lengths; each turn in one is weighed by the root of its
/// length and its distance.
struct StretchVectors {
    /// Turns to either side.
    private static let reaches = [1, 4, 12]
    /// The one that stands for the others.
    private static let middle = 1
    static let longestReach = 12
    /// Of the question itself, when it is moved towards what was found.
    private static let ofQuestion: Float = 0.5

    /// By reach: [turns, dimension], of length 1.
    private let vectors: [[Float]]
    private let dimension: Int

    init(_ turns: [Int], in corpus: VisibleCorpus, dimension: Int) {
        self.dimension = dimension
        var vectors = Self.reaches.map { _ in [Float](repeating: 0, count: turns.count * dimension) }
        for (place, turn) in turns.enumerated() {
            let near = corpus.turns(around: turn, reach: Self.longestReach)
            let center = near.firstIndex(of: turn) ?? 0
            for (index, row) in near.enumerated() {
                let length = Float(max(1, corpus.length(of: row))).squareRoot()
                corpus.withVector(of: row) { vector in
                    guard vector.count == dimension else { return }
                    for (number, reach) in Self.reaches.enumerated() where abs(index - center) <= reach {
                        let share = length * Float(MeetingStretches.weight(index - center, reach))
                        vectors[number].withUnsafeMutableBufferPointer { all in
                            let start = place * dimension
                            for column in 0..<dimension { all[start + column] += share * vector[column] }
                        }
                    }
                }
            }
        }
        for number in vectors.indices {
            for place in turns.indices {
                Self.normalize(&vectors[number], place * dimension..<(place + 1) * dimension)
            }
        }
        self.vectors = vectors
    }

    func cosinesByReach(_ query: [Float]) -> [[Double]] { vectors.map { cosines($0, query) } }

    func cosines(_ query: [Float]) -> [Double] { cosines(vectors[Self.middle], query) }

    /// The question with what the stretches around some turns speak of (Rocchio 1971).
    func moved(_ query: [Float], towards turns: [Int]) -> [Float] {
        guard !turns.isEmpty else { return query }
        let share = (1 - Self.ofQuestion) / Float(turns.count)
        var moved = query.map { $0 * Self.ofQuestion }
        for turn in turns {
            for column in 0..<dimension { moved[column] += share * vectors[Self.middle][turn * dimension + column] }
        }
        Self.normalize(&moved, moved.indices)
        return moved
    }

    private func cosines(_ vectors: [Float], _ query: [Float]) -> [Double] {
        guard dimension > 0 else { return [] }
        return vectors.withUnsafeBufferPointer { vectors in
            stride(from: 0, to: vectors.count, by: dimension).map { start in
                var dot: Float = 0
                for column in 0..<dimension { dot += vectors[start + column] * query[column] }
                return Double(dot)
            }
        }
    }

    private static func normalize(_ vectors: inout [Float], _ range: Range<Int>) {
        let square = range.reduce(Float(0)) { $0 + vectors[$1] * vectors[$1] }
        guard square > 0 else { return }
        let scale = 1 / square.squareRoot()
        for place in range { vectors[place] *= scale }
    }
}
