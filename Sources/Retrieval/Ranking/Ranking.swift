import Domain
import Foundation

/// One search over one corpus: score by each leg, take the best of each, fuse, add what is known of people and times.
struct Ranking {
    /// The best of each leg that are fused.
    private static let candidatesPerLeg = 200

    private let request: SearchRequest
    private let corpus: VisibleCorpus
    private let weights: FusionWeights

    init(_ request: SearchRequest, _ corpus: VisibleCorpus, _ weights: FusionWeights) {
        self.request = request
        self.corpus = corpus
        self.weights = weights
    }

    struct Leg {
        let name: String
        let scores: LegScores
    }

    struct Candidate {
        let row: Int
        let entry: Segment.Row
        var explanation = Explanation()
        var score: Double { explanation.fused }
    }

    func run() -> SearchOutcome {
        let eligible = EligibleRows(corpus, request)
        let terms = request.legs == .dense ? [] : Terms.terms(of: request.query)
        let lexical = BM25(corpus, terms: terms)
        let legs = self.legs(lexical, eligible)
        var candidates = Set(legs.flatMap(\.scores.best)).map { Candidate(row: $0, entry: corpus.row($0)) }
        candidates.sort { $0.entry.chunk < $1.entry.chunk }
        if request.legs == .fused {
            Fusion(request, corpus, weights).apply(to: &candidates, legs)
        } else {
            scorePlainly(&candidates, legs)
        }
        candidates.sort { ($0.score, $1.entry.chunk) > ($1.score, $0.entry.chunk) }
        return Selection.best(
            of: candidates,
            limit: request.limit,
            keepingDuplicates: request.legs != .fused,
            scored: eligible.count,
            rarity: lexical.rarity
        )
    }

    private func legs(_ lexical: BM25, _ eligible: EligibleRows) -> [Leg] {
        let limit = Self.candidatesPerLeg
        var legs: [Leg] = []
        if let embedding = request.embedding, request.legs != .lexical {
            legs.append(
                Leg(name: "passage", scores: corpus.passages(nearest: embedding, limit, among: eligible, request.mode))
            )
            legs.append(
                Leg(
                    name: "beginning",
                    scores: corpus.beginnings(nearest: embedding, limit, among: eligible, request.mode)
                )
            )
        }
        if request.legs != .dense {
            let touched = lexical.touched.filter(eligible.contains)
            for (name, scores) in [("words", lexical.own), ("words around", lexical.surrounded)] {
                let best = TopRows.best(limit, of: touched, by: scores)
                legs.append(Leg(name: name, scores: LegScores(best: best) { scores[$0] }))
            }
        }
        return legs
    }

    /// Alone, a leg is the plain one: messages by themselves, files as a whole.
    private func scorePlainly(_ candidates: inout [Candidate], _ legs: [Leg]) {
        for leg in legs {
            let isOwn = leg.name == "passage" || leg.name == "words"
            for index in candidates.indices where (candidates[index].entry.source.kind == .file) != isOwn {
                candidates[index].explanation.fused = Double(leg.scores[candidates[index].row])
            }
        }
    }
}

enum TopRows {
    /// The `limit` rows with the highest scores above 0, best first; ties in row order.
    static func best(_ limit: Int, of rows: [Int], by scores: [Float]) -> [Int] {
        guard rows.count > 4 * limit else {
            return Array(rows.filter { scores[$0] > 0 }.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(limit))
        }
        // Keep a short list and cut it whenever it has doubled: one comparison for nearly every row.
        var kept: [Int] = []
        var threshold: Float = 0
        for row in rows where scores[row] > threshold {
            kept.append(row)
            if kept.count >= 2 * limit {
                kept.sort { (scores[$0], $1) > (scores[$1], $0) }
                kept.removeSubrange(limit...)
                threshold = scores[kept[limit - 1]]
            }
        }
        kept.sort { (scores[$0], $1) > (scores[$1], $0) }
        return Array(kept.prefix(limit))
    }
}
