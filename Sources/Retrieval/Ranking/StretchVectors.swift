/// What turns of meetings mean: each by one vector of the turns around it, and by the best of those farther around it.
struct StretchVectors {
    /// Turns to either side in a stretch's vector, and among which the best are looked for.
    private static let reach = 4
    static let farthest = 16
    private static let mostBest = 5

    /// The mean cosine of the best turns around each.
    let bestTurns: [Double]
    /// That of each turn's stretch.
    let cosines: [Double]

    init(_ turns: [Int], in corpus: VisibleCorpus, _ query: [Float]) {
        bestTurns = Self.bestTurns(around: turns, in: corpus, query)
        cosines = turns.map { turn in
            Double(Self.dot(Self.stretch(around: turn, in: corpus, dimension: query.count), query[...]))
        }
    }

    private static func bestTurns(around turns: [Int], in corpus: VisibleCorpus, _ query: [Float]) -> [Double] {
        var cosines: [Int: Float] = [:]
        func cosine(_ row: Int) -> Float {
            if let known = cosines[row] { return known }
            let cosine = corpus.withVector(of: row) { dot($0, query[...]) }
            cosines[row] = cosine
            return cosine
        }
        return turns.map { turn in
            let best = corpus.turns(around: turn, reach: farthest).map(cosine).sorted(by: >).prefix(mostBest)
            return Double(best.reduce(0, +)) / Double(best.count)
        }
    }

    /// Each turn is weighed by the root of its length and by its distance.
    private static func stretch(around turn: Int, in corpus: VisibleCorpus, dimension: Int) -> [Float] {
        let near = corpus.turns(around: turn, reach: reach)
        let center = near.firstIndex(of: turn) ?? 0
        var sum = [Float](repeating: 0, count: dimension)
        for (index, row) in near.enumerated() {
            let length = Float(max(1, corpus.length(of: row))).squareRoot()
            let share = length * Float(MeetingStretches.weight(index - center, reach))
            corpus.withVector(of: row) { vector in
                for column in sum.indices.prefix(vector.count) { sum[column] += share * vector[column] }
            }
        }
        return normalized(sum)
    }

    private static func dot(_ one: some Sequence<Float>, _ other: ArraySlice<Float>) -> Float {
        zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
    }

    private static func normalized(_ vector: [Float]) -> [Float] {
        let square = vector.reduce(0) { $0 + $1 * $1 }
        guard square > 0 else { return vector }
        let scale = 1 / square.squareRoot()
        return vector.map { $0 * scale }
    }
}
