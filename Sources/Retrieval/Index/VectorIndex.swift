public import Domain

/// What ranks passages for an asker, wherever their vectors are compared: in memory (`SearchIndex`) or in the database
/// (`TableVectorIndex`).
public protocol VectorIndex: Sendable {
    /// Scores what `grants` admit, and nothing else.
    func search(
        _ request: SearchRequest,
        for principal: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchOutcome

    /// What each leg proposes, and what is then fused: everything that a search can know of, before it is ranked.
    func candidates(
        _ request: SearchRequest,
        for principal: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchCandidates
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
    public func search(
        _ request: SearchRequest,
        for _: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchOutcome {
        search(request, admittedBy: grants)
    }

    public func candidates(
        _ request: SearchRequest,
        for _: Principal,
        admittedBy grants: Grants
    ) async throws -> SearchCandidates {
        let corpus = VisibleCorpus(visible(to: grants, conversation: request.conversation))
        return SearchCandidates(Ranking(request, corpus, .measured).pool(), in: corpus)
    }
}
