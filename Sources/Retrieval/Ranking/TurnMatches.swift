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
        var known = KnownMatches(width: query?.count ?? 1)
        func place(_ row: Int) -> Int {
            known.place(of: row) { matches in
                if let query {
                    corpus.match(query, row: row, into: matches)
                } else {
                    matches[0] = passageScores[row]
                }
            }
        }
        // What is known of each turn, then of each turn with those before it, then of each sitting.
        var after = MatchRows(width: known.rows.width)
        var sittings = MatchRows(width: known.rows.width)
        var places: [VisibleCorpus.Sitting: Int] = [:]
        var alone: [Double] = []
        let sittingOfTurn = rows.map { row -> Int? in
            let own = place(row)
            alone.append(known.rows.mean(own))
            let turn = after.append(known.rows, own)
            for before in corpus.turns(before: row, limit: Self.reach) {
                let other = place(before)
                after.raise(turn, known.rows, other)
            }
            guard let sitting = corpus.sitting(of: row) else { return nil }
            if let place = places[sitting] {
                sittings.raise(place, after, turn)
                return place
            }
            let place = sittings.append(after, turn)
            places[sitting] = place
            return place
        }
        self.alone = alone
        withTurnsBefore = rows.indices.map(after.mean)
        withSitting = sittingOfTurn.enumerated().map { turn, sitting in
            sitting.map(sittings.mean) ?? after.mean(turn)
        }
    }
}

/// [rows, pieces], in one piece of memory.
private struct MatchRows {
    let width: Int
    private var numbers: [Float] = []

    init(width: Int) {
        self.width = width
    }

    /// The place of a new row, filled by the body.
    mutating func append(_ fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> Int {
        let start = numbers.count
        numbers.append(contentsOf: repeatElement(0, count: width))
        numbers.withUnsafeMutableBufferPointer { fill(UnsafeMutableBufferPointer(rebasing: $0[start...])) }
        return start / width
    }

    mutating func append(_ other: MatchRows, _ row: Int) -> Int {
        numbers.append(contentsOf: other.numbers[row * width..<(row + 1) * width])
        return numbers.count / width - 1
    }

    mutating func raise(_ row: Int, _ other: MatchRows, _ otherRow: Int) {
        for piece in 0..<width {
            numbers[row * width + piece] = max(numbers[row * width + piece], other.numbers[otherRow * width + piece])
        }
    }

    func mean(_ row: Int) -> Double {
        Double(numbers[row * width..<(row + 1) * width].reduce(0, +)) / Double(width)
    }
}

/// The matches of each row that was asked for, made once.
private struct KnownMatches {
    private(set) var rows: MatchRows
    private var places: [Int: Int] = [:]

    init(width: Int) {
        rows = MatchRows(width: width)
    }

    mutating func place(of row: Int, _ fill: (UnsafeMutableBufferPointer<Float>) -> Void) -> Int {
        if let place = places[row] { return place }
        let place = rows.append(fill)
        places[row] = place
        return place
    }
}
