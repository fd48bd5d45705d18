import Domain

/// The rows that live and that the request's filters let through. Without filters nothing is walked through.
struct EligibleRows {
    let count: Int
    private let corpus: VisibleCorpus
    /// A set for each stretch; nil when there are no filters.
    private let passing: [RowBits]?

    init(_ corpus: VisibleCorpus, _ request: SearchRequest) {
        self.corpus = corpus
        guard request.sources != nil || request.since != nil || request.until != nil else {
            passing = nil
            count = corpus.stretches.reduce(0) { $0 + $1.part.liveCount }
            return
        }
        let passing = corpus.stretches.map { stretch in
            var bits = RowBits(size: stretch.segment.rows.count, full: false)
            for (index, row) in stretch.segment.rows.enumerated()
            where !stretch.part.dead.contains(Int32(index)) && Self.passes(row, request) {
                bits.insert(index)
            }
            return bits
        }
        count = passing.reduce(0) { $0 + $1.count }
        self.passing = passing
    }

    /// All that live are.
    var isUnfiltered: Bool { passing == nil }

    func contains(_ row: Int) -> Bool {
        let index = corpus.stretchIndex(of: row)
        let stretch = corpus.stretches[index]
        return passing.map { $0[index].contains(row - stretch.base) }
            ?? !stretch.part.dead.contains(Int32(row - stretch.base))
    }

    /// All of them, looked for one by one.
    var rows: some Sequence<Int> {
        corpus.stretches.indices.lazy.flatMap { index in
            let stretch = corpus.stretches[index]
            let bits = bits(ofStretch: index)
            return stretch.segment.rows.indices.lazy.filter { bits?.contains($0) ?? true }.map { stretch.base + $0 }
        }
    }

    /// Of a stretch; nil when all of its rows are.
    func bits(ofStretch index: Int) -> RowBits? {
        passing?[index] ?? corpus.stretches[index].part.dead.living
    }

    private static func passes(_ row: Segment.Row, _ request: SearchRequest) -> Bool {
        if let sources = request.sources, !sources.contains(row.source.kind) { return false }
        // Events are when they happen, everything else when it was written.
        if let since = request.since, (row.endsAt ?? row.createdAt) < since { return false }
        if let until = request.until, (row.startsAt ?? row.createdAt) >= until { return false }
        return true
    }
}
