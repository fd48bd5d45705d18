/// The dense legs of a search.
extension VisibleCorpus {
    /// By the inner product of every row's own vector.
    func passages(nearest query: [Float], _ limit: Int, among eligible: EligibleRows, _ mode: VectorMode?) -> LegScores
    {
        if let fetched { return LegScores(best: fetched.passages) { fetched.scores[$0] ?? 0 } }
        var runs = VectorRuns()
        for (index, stretch) in stretches.enumerated() {
            runs.append(
                stretch.segment.vectors.block,
                stretch.segment.vectors.range,
                numberedFrom: stretch.base,
                admitted: eligible.bits(ofStretch: index)
            )
        }
        let query = VectorQuery(query)
        let hits = VectorSearch(runs).nearest(to: query, limit, above: 0, mode: mode)
        return LegScores(best: hits.map(\.row)) { row in
            let stretch = stretch(of: row)
            return query.score(row - stretch.base, of: stretch.segment.vectors)
        }
    }

    /// By the inner product of the beginning of every row's file; 0 for what has none.
    func beginnings(nearest query: [Float], _ limit: Int, among eligible: EligibleRows, _ mode: VectorMode?)
        -> LegScores
    {
        if let fetched { return LegScores(best: fetched.beginnings) { fetched.beginningScores[$0] ?? 0 } }
        var runs = VectorRuns()
        // Beginnings are numbered on their own; each run knows whose they are.
        var owners: [(first: Int, stretch: Int)] = []
        var count = 0
        for (index, stretch) in stretches.enumerated() {
            guard let block = stretch.segment.beginnings else { continue }
            owners.append((count, index))
            runs.append(block, 0..<block.count, numberedFrom: count, admitted: admitted(stretch, eligible, index))
            count += block.count
        }
        let query = VectorQuery(query)
        let hits = VectorSearch(runs).nearest(to: query, limit, above: 0, mode: mode)
        var best: [Int] = []
        for hit in hits where best.count < limit {
            guard let owner = owners.last(where: { $0.first <= hit.row }) else { continue }
            let stretch = stretches[owner.stretch]
            best += stretch.segment.rows(beginning: hit.row - owner.first).map { stretch.base + Int($0) }
        }
        return LegScores(best: Array(best.filter(eligible.contains).prefix(limit))) { row in
            let stretch = stretch(of: row)
            let segment = stretch.segment
            let place = segment.beginningPlaces[segment.leader(of: row - stretch.base)]
            guard place >= 0, let block = segment.beginnings else { return 0 }
            return query.score(Int(place), of: block)
        }
    }

    private func admitted(_ stretch: Stretch, _ eligible: EligibleRows, _ index: Int) -> RowBits? {
        guard let rows = eligible.bits(ofStretch: index), let block = stretch.segment.beginnings else { return nil }
        var bits = RowBits(size: block.count, full: false)
        for (row, place) in stretch.segment.beginningPlaces.enumerated() where place >= 0 && rows.contains(row) {
            bits.insert(Int(place))
        }
        return bits
    }

    /// The numbers of a row's own vector.
    func withVector<Result>(of row: Int, _ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
        if let fetched { return (fetched.vectors[row] ?? []).withUnsafeBufferPointer(body) }
        let stretch = stretch(of: row)
        return body(stretch.segment.vectors.row(row - stretch.base))
    }
}
