public import Domain

/// Ranks as `SearchIndex` does, with vectors that the database compares: words, people and times stay in memory.
///
/// Nearest passages first, then the scores of what words and times propose, then what meetings need: a round trip each.
public struct TableVectorIndex: VectorIndex {
    private let index: SearchIndex
    private let table: any VectorTable
    private let generation: Int32

    /// - Parameter index: keeps no vectors.
    public init(_ index: SearchIndex, _ table: any VectorTable, generation: Int32) {
        self.index = index
        self.table = table
        self.generation = generation
    }

    public func prepare(_ request: SearchRequest, admittedBy grants: Grants) -> PreparedSearch {
        index.prepare(request, admittedBy: grants)
    }

    public func search(_ prepared: PreparedSearch, for principal: Principal) async throws -> SearchOutcome {
        let (ranking, pool, _) = try await compared(prepared, principal)
        return ranking.rank(pool)
    }

    public func candidates(
        _ request: SearchRequest,
        for principal: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchCandidates {
        let (_, pool, corpus) = try await compared(prepare(request, admittedBy: grants), principal)
        return SearchCandidates(pool, in: corpus)
    }

    private func compared(
        _ prepared: PreparedSearch,
        _ principal: Principal
    ) async throws -> (Ranking, Ranking.Pool, VisibleCorpus) {
        let request = prepared.request
        let ground = prepared.ground
        var corpus = prepared.corpus
        guard let question = request.embedding, request.legs != .lexical else {
            let ranking = Ranking(request, corpus, .measured)
            return (ranking, ranking.pool(ground), corpus)
        }
        let view = VectorView(
            generation: generation,
            scopes: prepared.partitions.map(\.place.scope),
            sources: request.sources,
            since: request.since,
            until: request.until,
            passages: ground.eligible.count
        )
        var fetched = try await nearest(question, view, corpus, ground.eligible, principal)
        let proposed = Ranking(request, corpus, .measured).rowsToCompare(ground)
        try await score(proposed, with: question, &fetched, corpus, principal)
        corpus.fetched = fetched
        let pool = Ranking(request, corpus, .measured).pool(ground)
        try await addMeetings(of: pool, &fetched, corpus, principal)
        corpus.fetched = fetched
        return (Ranking(request, corpus, .measured), pool, corpus)
    }

    private func nearest(
        _ question: [Float],
        _ view: VectorView,
        _ corpus: VisibleCorpus,
        _ eligible: EligibleRows,
        _ principal: Principal
    ) async throws -> FetchedVectors {
        let found = try await table.nearest(
            [.passage, .beginning],
            to: question,
            Ranking.candidatesPerLeg,
            in: view,
            for: principal
        )
        // What the index in memory does not know yet, or no longer, is left out.
        func rows(_ facet: Facet) -> [Int] {
            (found[facet] ?? []).compactMap { corpus.row(of: $0) }.filter(eligible.contains)
        }
        var fetched = FetchedVectors()
        fetched.passages = rows(.passage)
        let files = rows(.beginning).flatMap { corpus.rowsOfSource(at: $0) }
        fetched.beginnings = Array(files.filter(eligible.contains).prefix(Ranking.candidatesPerLeg))
        return fetched
    }

    private func score(
        _ proposed: [Int],
        with question: [Float],
        _ fetched: inout FetchedVectors,
        _ corpus: VisibleCorpus,
        _ principal: Principal
    ) async throws {
        let rows = Set(fetched.passages + fetched.beginnings + proposed)
        let chunks = Set(rows.flatMap { [corpus.row($0).chunk, corpus.row(corpus.leader(of: $0)).chunk] })
        let scores = try await table.scores(of: Array(chunks), with: question, for: principal)
        for row in rows {
            fetched.scores[row] = scores[.passage]?[corpus.row(row).chunk]
            fetched.beginningScores[row] = scores[.beginning]?[corpus.row(corpus.leader(of: row)).chunk]
        }
        // What points away from the question is not near it, however little else there is.
        let (passages, beginnings) = (fetched.scores, fetched.beginningScores)
        fetched.passages.removeAll { passages[$0, default: 0] <= 0 }
        fetched.beginnings.removeAll { beginnings[$0, default: 0] <= 0 }
    }

    private func addMeetings(
        of pool: Ranking.Pool,
        _ fetched: inout FetchedVectors,
        _ corpus: VisibleCorpus,
        _ principal: Principal
    ) async throws {
        let turns = MeetingStretches.turnsCompared(for: pool.rows.filter(corpus.isInMeeting), in: corpus)
        guard !turns.isEmpty else { return }
        let vectors = try await table.vectors(of: turns.map { corpus.row($0).chunk }, for: principal)
        for turn in turns { fetched.vectors[turn] = vectors[corpus.row(turn).chunk] }
    }
}

/// What the database told of vectors, by row of the corpus.
struct FetchedVectors {
    /// Best first.
    var passages: [Int] = []
    var beginnings: [Int] = []
    var scores: [Int: Float] = [:]
    var beginningScores: [Int: Float] = [:]
    var vectors: [Int: [Float]] = [:]
}

extension VisibleCorpus {
    func row(of passage: StoredPassage) -> Int? {
        for stretch in stretches {
            for row in stretch.segment.rows(of: passage.source)
            where stretch.segment.rows[Int(row)].chunk == passage.chunk && !stretch.part.dead.contains(row) {
                return stretch.base + Int(row)
            }
        }
        return nil
    }

    func rowsOfSource(at row: Int) -> [Int] {
        let stretch = stretch(of: row)
        let source = stretch.segment.rows[row - stretch.base].source
        return stretch.segment.rows(of: source).map { stretch.base + Int($0) }
    }

    func leader(of row: Int) -> Int {
        let stretch = stretch(of: row)
        return stretch.base + stretch.segment.leader(of: row - stretch.base)
    }
}
