/// What one leg of a search found: its best rows, and the score of any row on demand.
struct LegScores {
    /// Best first.
    let best: [Int]
    private let score: (Int) -> Float

    init(best: [Int], score: @escaping (Int) -> Float) {
        self.best = best
        self.score = score
    }

    subscript(row: Int) -> Float { score(row) }
}
