package import Domain

extension SearchIndex {
    /// What each leg proposes, and what is then fused: everything that a search can know of, before it is ranked.
    package func candidates(
        _ request: SearchRequest,
        admittedBy grants: Grants
    ) -> (legs: [String: [SourceReference]], fused: [SourceReference]) {
        let corpus = VisibleCorpus(visible(to: grants, conversation: request.conversation))
        let pool = Ranking(request, corpus, .measured).pool()
        let legs = pool.legs.map { ($0.name, $0.scores.best.map { corpus.row($0).source }) }
        return (Dictionary(uniqueKeysWithValues: legs), pool.rows.map { corpus.row($0).source })
    }
}
