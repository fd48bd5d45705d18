import Domain

/// How well turns match a question piece by piece: alone, after the turns before them, and in their sitting.
///
/// Where neither the model nor the index knows pieces, a text's one vector stands for its only piece.
struct TurnMatches {
    /// Turns that may say what "it" is: further back gained nothing.
    private static let reach = 2

    let alone: [Double]
    let withTurnsBefore: [Double]
    let withSitting: [Double]

    init(_ rows: [Int], in corpus: VisibleCorpus, _ query: PieceQuery?, passageScores: LegScores) {
        var known: [Int: [Float]] = [:]
        func matches(_ row: Int) -> [Float] {
            if let found = known[row] { return found }
            let found = query.map { corpus.matches($0, row: row) } ?? [passageScores[row]]
            known[row] = found
            return found
        }
        var bySitting: [VisibleCorpus.Sitting: [Float]] = [:]
        var after: [[Float]] = []
        for row in rows {
            var best = matches(row)
            for turn in corpus.turns(before: row, limit: Self.reach) { best.raise(to: matches(turn)) }
            after.append(best)
            guard let sitting = corpus.sitting(of: row) else { continue }
            bySitting[sitting, default: best].raise(to: best)
        }
        alone = rows.map { matches($0).mean }
        withTurnsBefore = after.map(\.mean)
        withSitting = zip(rows, after).map { row, own in
            (corpus.sitting(of: row).flatMap { bySitting[$0] } ?? own).mean
        }
    }
}

extension [Float] {
    fileprivate var mean: Double { isEmpty ? 0 : Double(reduce(0, +)) / Double(count) }

    fileprivate mutating func raise(to other: [Float]) {
        for index in indices where other[index] > self[index] { self[index] = other[index] }
    }
}
