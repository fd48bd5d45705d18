import Domain
import Foundation

/// One search over one corpus: score by each leg, take the best of each, fuse, add what is known of people and times.
struct Ranking {
    /// The best of each leg that are fused.
    static let candidatesPerLeg = 200
    /// Of a time that the question speaks of: that many are compared, and the best of them are candidates.
    private static let comparedPerTime = 2000
    private static let candidatesPerTime = 50

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
        let isInMeeting: Bool

        var isFile: Bool { entry.source.kind == .file }
    }

    /// What is known of a question before anything is ranked.
    struct Pool {
        let eligible: EligibleRows
        let lexical: BM25
        let legs: [Leg]
        let reading: QuestionReading
        /// Rows that some leg proposes.
        let rows: Set<Int>
    }

    func rank(_ pool: Pool) -> SearchOutcome {
        // By chunk, so that equal scores always rank alike.
        let rows = pool.rows.map { (row: $0, chunk: corpus.chunk(of: $0)) }.sorted { $0.chunk < $1.chunk }
        let candidates = rows.map {
            Candidate(row: $0.row, entry: corpus.row($0.row), isInMeeting: corpus.isInMeeting($0.row))
        }
        var board = Scoreboard(count: candidates.count)
        if request.legs == .fused {
            Fusion(request, corpus, weights).score(candidates, on: &board, pool.legs, pool.reading)
        } else {
            scorePlainly(candidates, on: &board, pool.legs)
        }
        let order = candidates.indices.sorted {
            (board.fused[$0], rows[$1].chunk) > (board.fused[$1], rows[$0].chunk)
        }
        let selection = Selection(
            of: order.lazy.map { (candidates[$0].entry, $0) },
            on: board,
            limit: request.limit,
            now: request.now,
            keepingDuplicates: request.legs != .fused
        )
        return SearchOutcome(
            results: selection.results,
            dropped: selection.dropped,
            candidates: candidates.count,
            reading: pool.reading,
            scored: pool.eligible.count,
            rarity: pool.lexical.rarity
        )
    }

    func pool(_ ground: Groundwork) -> Pool {
        let legs = self.legs(ground.lexical, ground.eligible)
        var rows = Set(legs.flatMap(\.scores.best))
        if request.legs == .fused { rows.formUnion(rowsFromNamedTimes(ground, legs)) }
        return Pool(
            eligible: ground.eligible,
            lexical: ground.lexical,
            legs: legs,
            reading: ground.reading,
            rows: rows
        )
    }

    /// What is known of a question before vectors are compared.
    struct Groundwork {
        let eligible: EligibleRows
        let lexical: BM25
        let reading: QuestionReading

        init(_ request: SearchRequest, _ corpus: VisibleCorpus) {
            eligible = EligibleRows(corpus, request)
            lexical = BM25(
                corpus,
                terms: request.legs == .dense ? [] : Terms.terms(of: request.query),
                // Alone, the leg ranks turns by themselves.
                readsTurnsAround: request.legs == .fused
            )
            reading = QuestionReading(request, corpus)
        }
    }

    /// Rows whose vectors are compared with the question, whatever is nearest to it.
    func rowsToCompare(_ ground: Groundwork) -> [Int] {
        let words = legs(ground.lexical, ground.eligible).filter { $0.name.hasPrefix("words") }
        return words.flatMap(\.scores.best) + (request.legs == .fused ? rowsOfNamedTimes(ground) : [])
    }

    private func rowsOfNamedTimes(_ ground: Groundwork) -> [Int] {
        guard !ground.reading.times.isEmpty else { return [] }
        let rows = ground.eligible.rows.lazy.filter { row in
            let entry = corpus.row(row)
            return ground.reading.times.contains { Bonuses.isFrom($0, entry) }
        }
        // The latest of them: rows of a scope are in the order of time.
        return Array(rows).suffix(Self.comparedPerTime)
    }

    /// What did we talk about on Tuesday? Little of it looks like the question.
    private func rowsFromNamedTimes(_ ground: Groundwork, _ legs: [Leg]) -> [Int] {
        guard let leg = legs.first else { return [] }
        let compared = rowsOfNamedTimes(ground)
        let best = compared.map { (row: $0, score: leg.scores[$0]) }.sorted { ($0.score, $1.row) > ($1.score, $0.row) }
        return best.prefix(Self.candidatesPerTime).map(\.row)
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
            func add(_ name: String, _ reading: BM25.Reading) {
                let best = lexical.best(limit, by: reading, among: eligible, in: corpus)
                legs.append(Leg(name: name, scores: LegScores(best: best) { lexical.score(of: $0, by: reading) }))
            }
            add("words", .own)
            add("words around", .surrounded)
        }
        return legs
    }

    /// Alone, a leg is the plain one: messages by themselves, files as a whole.
    private func scorePlainly(_ candidates: [Candidate], on board: inout Scoreboard, _ legs: [Leg]) {
        for leg in legs {
            let isOwn = leg.name == "passage" || leg.name == "words"
            for (index, candidate) in candidates.enumerated() where candidate.isFile != isOwn {
                board.set(Double(leg.scores[candidate.row]), of: index)
            }
        }
    }
}
