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

    /// One leg's scores by row, and its best rows in order.
    struct Leg {
        let name: String
        let scores: [Float]
        let best: [Int]
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
        var candidates = Set(legs.flatMap(\.best)).map { Candidate(row: $0, entry: corpus.row($0)) }
        fuse(&candidates, legs)
        if request.legs == .fused { Bonuses(request, corpus, weights).add(to: &candidates) }
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
        var legs: [Leg] = []
        if let embedding = request.embedding, request.legs != .lexical {
            legs.append(leg("passage", corpus.passageScores(embedding), eligible.rows))
            legs.append(leg("context", corpus.contextScores(embedding), eligible.rows))
        }
        if request.legs != .dense {
            let touched = lexical.touched.filter(eligible.contains)
            legs.append(leg("words", lexical.own, touched))
            legs.append(leg("words around", lexical.surrounded, touched))
        }
        return legs
    }

    private func leg(_ name: String, _ scores: [Float], _ rows: [Int]) -> Leg {
        Leg(name: name, scores: scores, best: TopRows.best(Self.candidatesPerLeg, of: rows, by: scores))
    }

    private func fuse(_ candidates: inout [Candidate], _ legs: [Leg]) {
        for leg in legs {
            let ranks = Dictionary(leg.best.enumerated().map { ($1, $0 + 1) }, uniquingKeysWith: { first, _ in first })
            let values = candidates.map { Double(leg.scores[$0.row]) }
            // Words that do not occur score 0; vectors have no such floor.
            let isDense = leg.name == "passage" || leg.name == "context"
            let low = isDense ? values.min() ?? 0 : 0
            let span = max((values.max() ?? 0) - low, 1e-9)
            for index in candidates.indices {
                let rank = ranks[candidates[index].row]
                candidates[index].explanation.legs[leg.name] = .init(rank: rank, score: values[index])
                let weight = weight(of: leg.name, for: candidates[index].entry.source.kind)
                var share = (values[index] - low) / span
                if weights.reciprocalRank > 0 {
                    let reciprocal = rank.map { (weights.rankOffset + 1) / (weights.rankOffset + Double($0)) } ?? 0
                    share = share * (1 - weights.reciprocalRank) + reciprocal * weights.reciprocalRank
                }
                candidates[index].explanation.fused += weight * share
            }
        }
    }

    private func weight(of leg: String, for kind: SourceKind) -> Double {
        // Alone, a leg is the plain one: messages by themselves, files as a whole.
        guard request.legs == .fused else { return (leg == "passage" || leg == "words") == (kind != .file) ? 1 : 0 }
        return switch (leg, kind == .file) {
        case ("passage", false): weights.passage
        case ("context", false): weights.context
        case ("words", false): weights.own
        case (_, false): weights.surrounded
        case ("passage", true): weights.filePassage
        case ("context", true): weights.fileContext
        case ("words", true): weights.fileOwn
        case (_, true): weights.fileSurrounded
        }
    }
}

/// The rows that live and that the request's filters let through.
struct EligibleRows {
    let rows: [Int]
    private let flags: [Bool]

    var count: Int { rows.count }

    init(_ corpus: VisibleCorpus, _ request: SearchRequest) {
        var flags = [Bool](repeating: false, count: corpus.count)
        var rows: [Int] = []
        rows.reserveCapacity(corpus.count)
        for stretch in corpus.stretches {
            for (index, row) in stretch.segment.rows.enumerated() where !stretch.part.dead.contains(Int32(index)) {
                guard Self.passes(row, request) else { continue }
                flags[stretch.base + index] = true
                rows.append(stretch.base + index)
            }
        }
        self.flags = flags
        self.rows = rows
    }

    func contains(_ row: Int) -> Bool { flags[row] }

    private static func passes(_ row: Segment.Row, _ request: SearchRequest) -> Bool {
        if let sources = request.sources, !sources.contains(row.source.kind) { return false }
        // Events are when they happen, everything else when it was written.
        if let since = request.since, (row.endsAt ?? row.createdAt) < since { return false }
        if let until = request.until, (row.startsAt ?? row.createdAt) >= until { return false }
        return true
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
