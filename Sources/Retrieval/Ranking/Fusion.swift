import Domain

/// Joins the legs of a search into one score: messages by piece matches and words, files by vectors and words.
struct Fusion {
    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
    }

    func apply(to candidates: inout [Ranking.Candidate], _ legs: [Ranking.Leg]) {
        for leg in legs { join(leg, to: &candidates) }
        if let passages = legs.first(where: { $0.name == "passage" }) { joinMatches(to: &candidates, passages) }
        Bonuses(request, corpus, weights).add(to: &candidates)
    }

    private func join(_ leg: Ranking.Leg, to candidates: inout [Ranking.Candidate]) {
        let ranks = Dictionary(
            leg.scores.best.enumerated().map { ($1, $0 + 1) },
            uniquingKeysWith: { first, _ in first }
        )
        let values = candidates.map { Double(leg.scores[$0.row]) }
        // Words that do not occur score 0; vectors have no such floor.
        let isDense = leg.name == "passage" || leg.name == "beginning"
        let shares = Self.shares(values, floor: isDense ? nil : 0)
        for index in candidates.indices {
            let isFile = candidates[index].entry.source.kind == .file
            let weight = isFile ? fileWeight(of: leg.name) : leg.name == "words around" ? weights.surrounded : 0
            candidates[index].add(leg.name, rank: ranks[candidates[index].row], values[index], weight * shares[index])
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
    private func joinMatches(to candidates: inout [Ranking.Candidate], _ passages: Ranking.Leg) {
        let turns = candidates.indices.filter { candidates[$0].entry.source.kind != .file }
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
            for (index, (value, share)) in zip(turns, zip(values, Self.shares(values, floor: nil))) {
                candidates[index].add(name, rank: nil, value, weight * share * standing)
            }
        }
    }

    /// Values moved to 0 to 1: from the floor, or else the lowest, to the highest.
    private static func shares(_ values: [Double], floor: Double?) -> [Double] {
        let low = floor ?? values.min() ?? 0
        let span = max((values.max() ?? 0) - low, 1e-9)
        return values.map { ($0 - low) / span }
    }
}

extension Ranking.Candidate {
    fileprivate mutating func add(_ leg: String, rank: Int?, _ value: Double, _ share: Double) {
        explanation.legs[leg] = .init(rank: rank, score: value)
        explanation.fused += share
    }
}
