import CKernels

/// The true best rows, proven without reading every number.
///
/// A pass over four bits a number gives each row a score and how wrong it may be. The worst true score of any `limit`
/// rows is a threshold that the best rows reach; a row that cannot reach it, wrong as its score may be, is none of them.
/// What is left is looked at by eight bits in the same way, and then in full.
extension VectorSearch {
    func certified(_ query: VectorQuery, _ limit: Int, _ floor: Float) -> [VectorHit] {
        let found = VectorCandidates(capacity: max(2048, 8 * limit), above: floor)
        if runs.areShort {
            runs.forEachBlock { block, groups, runs in
                guard let coarse = block.coarse else {
                    for run in runs { scanFloats(run, query, found) { tighten(found, query, limit) } }
                    return
                }
                query.withBytes(longest: block.longest) {
                    scanNibbles(groups, coarse, query, $0, found) { tighten(found, query, limit) }
                }
            }
            finish(found, query, limit)
            return found.best(limit, above: floor)
        }
        for run in runs.runs {
            guard let coarse = run.block.coarse else {
                scanFloats(run, query, found) { tighten(found, query, limit) }
                continue
            }
            query.withBytes(longest: run.block.longest) {
                scanNibbles(run, coarse, query, $0, found) { tighten(found, query, limit) }
            }
        }
        finish(found, query, limit)
        return found.best(limit, above: floor)
    }

    /// Raises the threshold and drops what cannot reach it; makes room when too much is left.
    func tighten(_ found: VectorCandidates, _ query: VectorQuery, _ limit: Int) {
        raiseThreshold(found, query, limit)
        if found.count > found.capacity / 2 {
            rescoreBytes(uncertain(found, beyond: byteError(query)), query, found)
            raiseThreshold(found, query, limit)
        }
        if found.count > found.capacity / 2 { found.grow() }
    }

    func finish(_ found: VectorCandidates, _ query: VectorQuery, _ limit: Int) {
        raiseThreshold(found, query, limit)
        // A few are as quickly read in full.
        if found.count > 4 * limit + 32 {
            rescoreBytes(uncertain(found, beyond: byteError(query)), query, found)
            raiseThreshold(found, query, limit)
        }
        rescoreFloats(uncertain(found, beyond: 0), query, found)
    }

    /// The worst of the best that are known in full.
    private func raiseThreshold(_ found: VectorCandidates, _ query: VectorQuery, _ limit: Int) {
        guard found.count > limit else { return }
        labsync_select_best(&found.raw, Int32(limit))
        rescoreFloats(uncertain(found, beyond: 0, among: limit), query, found)
        let worst = (0..<limit).reduce(Float.infinity) { min($0, found.raw.scores[$1]) }
        found.raw.threshold = max(found.raw.threshold, worst)
        labsync_drop_hopeless(&found.raw)
    }

    /// Places whose score may be wrong by more than `error`.
    private func uncertain(_ found: VectorCandidates, beyond error: Float, among count: Int? = nil) -> [Int] {
        (0..<(count ?? found.count)).filter { found.raw.errors[$0] > error }
    }

    /// What scores by eight bits are seldom wronger than: those that are not need not be looked at by them again.
    private func byteError(_ query: VectorQuery) -> Float { 0.03 * query.length }
}
