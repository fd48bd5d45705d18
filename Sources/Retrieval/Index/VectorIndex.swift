public import Domain

/// What ranks passages for an asker, wherever their vectors are compared: in memory (`SearchIndex`) or in the database
/// (`TableVectorIndex`).
public protocol VectorIndex: Sendable {
    /// All that can be done before the question's vector is known: its words are looked up and its times are read, in what
    /// `grants` admit.
    func prepare(_ request: SearchRequest, admittedBy grants: Grants) -> PreparedSearch

    /// Scores what the preparation's grants admit, and nothing else.
    func search(_ prepared: PreparedSearch, for principal: Principal) async throws -> SearchOutcome

    /// What each leg proposes, and what is then fused: everything that a search can know of, before it is ranked.
    func candidates(
        _ request: SearchRequest,
        for principal: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchCandidates
}

extension VectorIndex {
    /// Scores what `grants` admit, and nothing else.
    public func search(
        _ request: SearchRequest,
        for principal: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchOutcome {
        try await search(prepare(request, admittedBy: grants), for: principal)
    }
}

/// A question whose vector may still be on its way, and what was found out without it.
public struct PreparedSearch {
    /// Its vector and pieces may be added; all else was read already.
    public var request: SearchRequest
    let partitions: [Partition]
    let corpus: VisibleCorpus
    let ground: Ranking.Groundwork

    /// Whether turns are ranked by the stretch that they are part of.
    public var readsMeetings: Bool { request.legs == .fused && corpus.hasMeetings }

    init(_ request: SearchRequest, _ partitions: [Partition]) {
        self.request = request
        self.partitions = partitions
        corpus = VisibleCorpus(partitions)
        ground = Ranking.Groundwork(request, corpus)
    }
}

/// What a search looks at before it ranks.
public struct SearchCandidates: Sendable {
    public let legs: [String: [SourceReference]]
    public let fused: [SourceReference]

    init(_ pool: Ranking.Pool, in corpus: VisibleCorpus) {
        let legs = pool.legs.map { ($0.name, $0.scores.best.map { corpus.row($0).source }) }
        self.legs = Dictionary(uniqueKeysWithValues: legs)
        fused = pool.rows.map { corpus.row($0).source }
    }
}

extension SearchIndex: VectorIndex {
    public func prepare(_ request: SearchRequest, admittedBy grants: Grants) -> PreparedSearch {
        PreparedSearch(request, visible(to: grants, conversation: request.conversation))
    }

    public func search(_ prepared: PreparedSearch, for _: Principal) async throws -> SearchOutcome {
        search(prepared, weights: .measured)
    }

    public func candidates(
        _ request: SearchRequest,
        for _: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchCandidates {
        let prepared = prepare(request, admittedBy: grants)
        let ranking = Ranking(request, prepared.corpus, .measured)
        return SearchCandidates(ranking.pool(prepared.ground), in: prepared.corpus)
    }
}
