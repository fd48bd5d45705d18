import Retrieval
import Testing

struct VectorBatchTests {
    @Test(arguments: VectorSearch.Level.allCases)
    func `a batch finds what its queries find alone`(_ level: VectorSearch.Level) {
        for kind in [VectorLab.Kind.random, .topical, .equal, .unevenlyLong] {
            let lab = VectorLab(kind, count: 3000, dimension: 64)
            let blocks = [lab.block(0..<1777), lab.block(1777..<1790), lab.block(1790..<3000)]
            var bits = RowBits(size: 1700, full: true)
            for row in stride(from: 0, to: 1700, by: 3) { bits.remove(row) }
            var runs = VectorRuns()
            runs.append(blocks[0], 5..<1705, numberedFrom: 5, admitted: bits)
            runs.append(blocks[1], 0..<13, numberedFrom: 1777)
            runs.append(blocks[2], 17..<1210, numberedFrom: 1807)
            let search = VectorSearch(runs, level: level)
            let queries = (lab.queries + lab.rows.prefix(130)).map(VectorQuery.init)

            let found = search.nearest(to: queries, 10)

            for (query, hits) in zip(queries, found) {
                #expect(hits == search.nearest(to: query, 10, mode: .exact), "\(kind)")
            }
        }
    }
}
