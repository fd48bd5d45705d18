import Retrieval
import Testing

struct VectorSearchTests {
    @Test(arguments: VectorLab.Kind.allCases, VectorSearch.Level.allCases)
    func `certified finds exactly what brute force finds`(_ kind: VectorLab.Kind, _ level: VectorSearch.Level) {
        for (count, dimension) in [(700, 384), (1500, 64), (600, 10), (530, 100)] {
            let lab = VectorLab(kind, count: count, dimension: dimension)
            var runs = VectorRuns()
            runs.append(lab.block(), 0..<count, numberedFrom: 0)
            let search = VectorSearch(runs, level: level)
            for query in lab.queries {
                for limit in [1, 10, 200] {
                    let query = VectorQuery(query)
                    let certified = search.nearest(to: query, limit, mode: .certified)

                    #expect(certified == search.nearest(to: query, limit, mode: .exact), "\(count) × \(dimension)")
                }
            }
        }
    }

    @Test(arguments: VectorLab.Kind.allCases, VectorSearch.Level.allCases)
    func `exact agrees with a plain loop in double`(_ kind: VectorLab.Kind, _ level: VectorSearch.Level) {
        let lab = VectorLab(kind, count: 600, dimension: 100)
        var runs = VectorRuns()
        runs.append(lab.block(), 0..<600, numberedFrom: 0)
        for query in lab.queries {
            let truth = lab.ranking(query)
            let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.row, $0.score) })
            let found = VectorSearch(runs, level: level).nearest(to: VectorQuery(query), 25, mode: .exact)
            let size = lab.rows.map { $0.map(abs).max() ?? 0 }.max() ?? 0

            #expect(found.count == 25)
            for (hit, wanted) in zip(found, truth) {
                let tolerance = 1e-4 * Double(size) * 10
                #expect(abs(Double(hit.score) - wanted.score) <= tolerance)
                #expect(abs(Double(hit.score) - (scores[hit.row] ?? .infinity)) <= tolerance)
            }
        }
    }

    @Test(arguments: VectorSearch.Level.allCases)
    func `every kernel finds what the portable one finds`(_ level: VectorSearch.Level) {
        for kind in VectorLab.Kind.allCases {
            let lab = VectorLab(kind, count: 21_000, dimension: 64)
            let block = lab.block()
            VectorBlock.prepareSketches([block])
            var runs = VectorRuns()
            runs.append(block, 0..<21_000, numberedFrom: 0)
            for query in lab.queries.map(VectorQuery.init) {
                for mode in VectorMode.allCases {
                    let portable = VectorSearch(runs, level: .portable).nearest(to: query, 20, mode: mode)
                    let found = VectorSearch(runs, level: level).nearest(to: query, 20, mode: mode)

                    #expect(found.count == portable.count)
                    for (one, other) in zip(found, portable) {
                        #expect(abs(one.score - other.score) <= 1e-5 * max(1, abs(other.score)), "\(kind) \(mode)")
                    }
                }
            }
        }
    }

    @Test(arguments: VectorMode.allCases)
    func `only admitted rows of runs are found, wherever runs begin`(_ mode: VectorMode) {
        let lab = VectorLab(.clustered, count: 30_000, dimension: 64)
        let blocks = [lab.block(0..<24_000), lab.block(24_000..<24_040), lab.block(24_040..<30_000)]
        VectorBlock.prepareSketches(blocks)
        var random = Lehmer(state: 3)
        var runs = VectorRuns()
        var admitted: Set<Int> = []
        for (block, base) in zip(blocks, [0, 24_000, 24_040]) {
            var start = Int.random(in: 0..<20, using: &random)
            while start < block.count {
                let end = min(block.count, start + Int.random(in: 1..<3000, using: &random))
                var bits = RowBits(size: end - start, full: false)
                for row in 0..<(end - start) where Bool.random(using: &random) { bits.insert(row) }
                let isSifted = Bool.random(using: &random)
                runs.append(block, start..<end, numberedFrom: base + start, admitted: isSifted ? bits : nil)
                admitted.formUnion((start..<end).filter { !isSifted || bits.contains($0 - start) }.map { base + $0 })
                start = end + Int.random(in: 0..<40, using: &random)
            }
        }

        #expect(runs.count == admitted.count)
        for query in lab.queries {
            let truth = lab.ranking(query).filter { admitted.contains($0.row) }.prefix(10)
            let found = VectorSearch(runs).nearest(to: VectorQuery(query), 10, mode: mode)
            #expect(found.allSatisfy { admitted.contains($0.row) })
            guard mode != .fast, let worst = truth.last?.score else { continue }
            #expect(found.allSatisfy { Double($0.score) >= worst - 1e-4 })
            #expect(found.count == 10)
        }
    }

    @Test func `the quick look misses next to nothing`() {
        let lab = VectorLab(.topical, count: 40_000, dimension: 128)
        let block = lab.block()
        VectorBlock.prepareSketches([block])
        var runs = VectorRuns()
        runs.append(block, 0..<40_000, numberedFrom: 0)
        let search = VectorSearch(runs)
        var (hits, wanted) = (0, 0)
        for row in stride(from: 0, to: 40_000, by: 1000) {
            let query = VectorQuery(lab.rows[row])
            let truth = Set(search.nearest(to: query, 10, mode: .exact).map(\.row))
            hits += search.nearest(to: query, 10, mode: .fast).count { truth.contains($0.row) }
            wanted += truth.count
        }

        #expect(Double(hits) / Double(wanted) >= 0.99)
    }

    @Test func `the quick look misses next to nothing in blocks that spread along other axes`() {
        var random = Lehmer(state: 5)
        let wide = (0..<24_000).map { row in
            (0..<256).map { random.nextNormal() * (($0 < 128) == (row < 12_000) ? 1 : 0.1) }
        }
        let blocks = [wide[..<12_000], wide[12_000...]].map { VectorBlock(dimension: 256, $0.flatMap { $0 }) }
        VectorBlock.prepareSketches(blocks)
        var runs = VectorRuns()
        for (place, block) in blocks.enumerated() { runs.append(block, 0..<12_000, numberedFrom: place * 12_000) }
        let search = VectorSearch(runs)
        let found = stride(from: 0, to: 24_000, by: 500).map { row in
            let query = VectorQuery(wide[row])
            let truth = Set(search.nearest(to: query, 10, mode: .exact).map(\.row))
            return search.nearest(to: query, 10, mode: .fast).count { truth.contains($0.row) }
        }

        #expect(Double(found.reduce(0, +)) / Double(10 * found.count) >= 0.99)
    }

    @Test func `what scores no more than the floor is not found`() {
        let lab = VectorLab(.random, count: 2000, dimension: 64)
        var runs = VectorRuns()
        runs.append(lab.block(), 0..<2000, numberedFrom: 0)
        let query = lab.queries[0]
        let above = lab.ranking(query).count { $0.score > 0.1 }
        for mode in VectorMode.allCases {
            let found = VectorSearch(runs).nearest(to: VectorQuery(query), 2000, above: 0.1, mode: mode)
            #expect(found.count == above)
            #expect(found.allSatisfy { $0.score > 0.1 })
        }
    }

    @Test func `certified is usual up to what ten milliseconds read, fast beyond`() {
        #expect(VectorSearch.usualMode(rows: 1_000_000, dimension: 384) == .certified)
        #expect(VectorSearch.usualMode(rows: 4_000_000, dimension: 384) == .fast)
    }

    @Test func `scores of chosen rows come in their order`() {
        let lab = VectorLab(.random, count: 300, dimension: 64)
        var runs = VectorRuns()
        runs.append(lab.block(0..<100), 0..<100, numberedFrom: 0)
        runs.append(lab.block(100..<300), 0..<200, numberedFrom: 100)
        let scores = Dictionary(uniqueKeysWithValues: lab.ranking(lab.queries[0]).map { ($0.row, $0.score) })

        for (row, score) in zip(
            [250, 3, 99, 100],
            VectorSearch(runs).scores(of: [250, 3, 99, 100], VectorQuery(lab.queries[0]))
        ) {
            #expect(abs(Double(score) - (scores[row] ?? 0)) < 1e-5)
        }
    }
}
