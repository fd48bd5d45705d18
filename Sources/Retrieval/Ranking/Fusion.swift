import Domain

/// Joins the legs of a search into one score: messages by piece matches and words, meetings by stretches, files by vectors
/// and words.
struct Fusion {
    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
    }

    func score(
        _ candidates: [Ranking.Candidate],
        on board: inout Scoreboard,
        _ legs: [Ranking.Leg],
        _ reading: QuestionReading
    ) {
        for leg in legs { join(leg, candidates, &board) }
        if let passages = legs.first(where: { $0.name == "passage" }) { joinMatches(candidates, &board, passages) }
        joinStretches(candidates, &board, legs)
        Bonuses(request, corpus, weights, reading).add(to: &board, candidates)
    }

    private func join(_ leg: Ranking.Leg, _ candidates: [Ranking.Candidate], _ board: inout Scoreboard) {
        let ranks = Dictionary(
            leg.scores.best.enumerated().map { ($1, $0 + 1) },
            uniquingKeysWith: { first, _ in first }
        )
        let values = candidates.map { Double(leg.scores[$0.row]) }
        // Words that do not occur score 0; vectors have no such floor.
        let isDense = leg.name == "passage" || leg.name == "beginning"
        let shares = Self.shares(values, floor: isDense ? nil : 0)
        let weightOfFiles = fileWeight(of: leg.name)
        let weightOfChat = leg.name == "words around" ? weights.surrounded : 0
        board.add(leg: leg.name, of: candidates.indices) { index, _ in
            let candidate = candidates[index]
            let weight = candidate.isFile ? weightOfFiles : candidate.isInMeeting ? 0 : weightOfChat
            return (.init(rank: ranks[candidate.row], score: values[index]), weight * shares[index])
        }
    }

    private func fileWeight(of leg: String) -> Double {
        switch leg {
        case "passage": weights.filePassage
        case "beginning": weights.fileBeginning
        case "words": weights.fileOwn
        default: weights.fileSurrounded
        }
    }

    /// Matches are compared among turns only; how they stand to files is told by the vectors, which both have.
    private func joinMatches(
        _ candidates: [Ranking.Candidate],
        _ board: inout Scoreboard,
        _ passages: Ranking.Leg
    ) {
        let turns = candidates.indices.filter { !candidates[$0].isFile && !candidates[$0].isInMeeting }
        guard !turns.isEmpty else { return }
        let shares = Self.shares(candidates.map { Double(passages.scores[$0.row]) }, floor: nil)
        let standing = turns.map { shares[$0] }.max() ?? 1
        let query = corpus.hasCodes ? PieceQuery(request.pieces, dimension: request.embedding?.count ?? 0) : nil
        let matches = TurnMatches(
            turns.map { candidates[$0].row },
            in: corpus,
            query,
            passageScores: passages.scores
        )
        let legs = [
            ("match", matches.alone, weights.match),
            ("match with turns before", matches.withTurnsBefore, weights.matchBefore),
            ("match in sitting", matches.withSitting, weights.matchSitting),
        ]
        for (name, values, weight) in legs {
            let ranks = Self.ranks(values)
            let shares = Self.shares(values, floor: nil)
            board.add(leg: name, of: turns) { _, place in
                (.init(rank: ranks[place], score: values[place]), weight * shares[place] * standing)
            }
        }
    }

    /// Stretches stand to everything else as their best turn does by its vector, or its words where there is none.
    private func joinStretches(
        _ candidates: [Ranking.Candidate],
        _ board: inout Scoreboard,
        _ legs: [Ranking.Leg]
    ) {
        let turns = candidates.indices.filter { candidates[$0].isInMeeting }
        guard !turns.isEmpty else { return }
        let words = legs.first { $0.name == "words around" }?.scores
        let stretches = MeetingStretches(
            turns.map { candidates[$0].row },
            in: corpus,
            query: legs.contains { $0.name == "passage" } ? request.matter ?? request.embedding : nil,
            words: words
        )
        let leading = legs.first { $0.name == "passage" } ?? legs.first { $0.name == "words around" }
        let shares = Self.shares(candidates.map { Double(leading?.scores[$0.row] ?? 0) }, floor: nil)
        let standing = turns.map { shares[$0] }.max() ?? 1
        let ranks = (Self.ranks(stretches.meaning), Self.ranks(stretches.words))
        board.add(leg: "stretch", of: turns) { _, place in
            (.init(rank: ranks.0[place], score: stretches.meaning[place]), 0)
        }
        board.add(leg: "words in stretch", of: turns) { _, place in
            let share = weights.stretch * standing * stretches.joined[place]
            return (.init(rank: ranks.1[place], score: stretches.words[place]), share)
        }
    }

    /// From 1; equal values share one.
    private static func ranks(_ values: [Double]) -> [Int] {
        var ranks = [Int](repeating: 1, count: values.count)
        let order = values.indices.sorted { values[$0] > values[$1] }
        for (place, index) in order.enumerated().dropFirst() {
            let before = order[place - 1]
            ranks[index] = values[index] == values[before] ? ranks[before] : place + 1
        }
        return ranks
    }

    /// Values moved to 0 to 1: from the floor, or else the lowest, to the highest.
    private static func shares(_ values: [Double], floor: Double?) -> [Double] {
        let low = floor ?? values.min() ?? 0
        let span = max((values.max() ?? 0) - low, 1e-9)
        return values.map { ($0 - low) / span }
    }
}
