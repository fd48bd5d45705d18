import CKernels
import Glibc

/// Nearly always the best rows: all are looked at by a bit along each of a few axes, some of them again by two bits along
/// more axes, fewer by eight bits of all numbers, and the last in full.
extension VectorSearch {
    /// Kept by their signs, of so many rows: measured to miss about 1 of 1000 of the best ten (docs/PERFORMANCE.md).
    private static func keptBySigns(_ limit: Int, of rows: Int) -> Int {
        max(40 * limit, Int(2 * pow(Double(rows), 0.6)))
    }
    /// Kept by pairs of bits.
    private static func keptByPairs(_ limit: Int, of kept: Int) -> Int { max(40 * limit, kept / 8) }
    /// Groups of 16 rows that a threshold is taken from, with room for as many again.
    private static let mostSampled = 1024
    /// Kept by eight bits.
    private static func keptByBytes(_ limit: Int) -> Int { max(60, 3 * limit) }

    func quick(_ query: VectorQuery, _ limit: Int, _ floor: Float) -> [VectorHit] {
        let kept = Self.keptBySigns(limit, of: runs.count)
        let sketched = SketchQueries(query)
        let found = VectorCandidates(capacity: 4 * kept, above: floor)
        found.raw.threshold = max(floor, likelyThreshold(query, sketched, kept))
        look(query, sketched, found, kept)
        if found.count < kept / 2, found.raw.threshold > floor {
            found.raw.count = 0
            found.raw.threshold = floor
            look(query, sketched, found, kept)
        }
        rescorePairs(Array(0..<found.count), query, sketched, found)
        labsync_keep_about(&found.raw, Int32(Self.keptByPairs(limit, of: kept)))
        rescoreBytes(Array(0..<found.count), query, found)
        labsync_keep_about(&found.raw, Int32(Self.keptByBytes(limit)))
        rescoreFloats(Array(0..<found.count), query, found)
        return found.best(limit, above: floor)
    }

    /// Scores all rows by their signs, and keeps `kept` or up to twice as many.
    private func look(_ query: VectorQuery, _ sketched: SketchQueries, _ found: VectorCandidates, _ kept: Int) {
        func makeRoom() { labsync_keep_about(&found.raw, Int32(kept)) }
        if runs.areShort {
            lookByGroups(query, sketched, found, makeRoom: makeRoom)
        } else {
            lookByRuns(query, sketched, found, makeRoom: makeRoom)
        }
        if found.count > 2 * kept { makeRoom() }
    }

    /// What somewhat more than `kept` rows are likely to score by their signs, from some that are spread evenly: to keep
    /// many and let most of them go again takes longer than to look at them.
    private func likelyThreshold(_ query: VectorQuery, _ sketched: SketchQueries, _ kept: Int) -> Float {
        guard runs.count > 32 * kept else { return -.infinity }
        let found = VectorCandidates(capacity: 16 * Self.mostSampled, above: -.infinity)
        for (block, groups) in runs.someGroups(max(128, min(Self.mostSampled / 2, runs.count / 256))) {
            guard let sketch = block.sketch, found.count + 16 * groups.count <= found.capacity else { continue }
            let query = sketched.of(sketch)
            query.withSigns(query.offset(of: sketch)) { signs in
                _ = labsync_scan_sign_groups(
                    level.raw,
                    sketch.signCodes,
                    sketch.axes.signWidth,
                    signs,
                    groups,
                    groups.count,
                    &found.raw
                )
            }
        }
        let count = Int((1.2 * Double(kept) / Double(runs.count) * Double(found.count)).rounded(.up))
        guard count > 0, count < found.count else { return -.infinity }
        labsync_keep_about(&found.raw, Int32(count))
        return found.raw.threshold.nextDown
    }

    private func lookByRuns(
        _ query: VectorQuery,
        _ sketched: SketchQueries,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        // Of the block that the last run was of.
        var last: (sketch: Sketch, query: SketchQuery, offset: Float)?
        for run in runs.runs {
            if let sketch = run.block.sketch {
                if last?.sketch !== sketch {
                    let query = sketched.of(sketch)
                    last = (sketch, query, query.offset(of: sketch))
                }
                guard let last else { continue }
                last.query.withSigns(last.offset) { signs in
                    run.scan(
                        {
                            labsync_scan_signs(
                                level.raw,
                                sketch.signCodes,
                                sketch.axes.signWidth,
                                signs,
                                $0,
                                &found.raw
                            )
                        },
                        makeRoom: makeRoom
                    )
                }
            } else if let coarse = run.block.coarse {
                query.withEstimatingBytes { scanNibbles(run, coarse, query, $0, found, makeRoom: makeRoom) }
            } else {
                scanFloats(run, query, found, makeRoom: makeRoom)
            }
        }
    }

    private func lookByGroups(
        _ query: VectorQuery,
        _ sketched: SketchQueries,
        _ found: VectorCandidates,
        makeRoom: () -> Void
    ) {
        runs.forEachBlock { block, groups, runs in
            if let sketch = block.sketch {
                let query = sketched.of(sketch)
                query.withSigns(query.offset(of: sketch)) { signs in
                    scan(groups, found, makeRoom) {
                        labsync_scan_sign_groups(
                            level.raw,
                            sketch.signCodes,
                            sketch.axes.signWidth,
                            signs,
                            $0,
                            $1,
                            &found.raw
                        )
                    }
                }
            } else if let coarse = block.coarse {
                query.withEstimatingBytes { scanNibbles(groups, coarse, query, $0, found, makeRoom: makeRoom) }
            } else {
                for run in runs { scanFloats(run, query, found, makeRoom: makeRoom) }
            }
        }
    }

    /// Places whose rows have no sketch are scored by bytes, or become exact.
    private func rescorePairs(
        _ places: [Int],
        _ query: VectorQuery,
        _ sketched: SketchQueries,
        _ found: VectorCandidates
    ) {
        found.rescore(places, in: runs) { block, rows, scores, errors in
            guard let sketch = block.sketch else { return scoreBytes(block, rows, query, scores, errors) }
            let query = sketched.of(sketch)
            query.withPairs(query.offset(of: sketch)) { pairs in
                sketch.axes.withLayout { layout in
                    labsync_score_pairs(
                        level.raw,
                        sketch.pairCodes,
                        layout,
                        pairs,
                        rows.baseAddress,
                        rows.count,
                        scores
                    )
                }
            }
            errors.update(repeating: 0, count: rows.count)
        }
    }
}
