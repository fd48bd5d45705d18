import Domain

/// The rows with the highest scores above 0, best first; ties by chunk, which, unlike a row's number, is the same however
/// the index came about.
enum TopRows {
    /// Scores by row, `stride` numbers apart.
    struct Column {
        let scores: UnsafePointer<Float>
        let stride: Int

        subscript(row: Int32) -> Float { scores[Int(row) &* stride] }
    }

    static func best(
        _ limit: Int,
        of rows: UnsafeBufferPointer<Int32>,
        in column: Column,
        chunk: (Int) -> ChunkID
    ) -> [Int] {
        guard limit > 0 else { return [] }
        let (contenders, least) = contenders(limit, rows, column)
        var better: [Scored] = []
        better.reserveCapacity(limit)
        var level = LowestChunks(limit)
        for contender in contenders where contender.score >= least {
            let scored = Scored(score: contender.score, chunk: chunk(Int(contender.row)), row: contender.row)
            if scored.score > least { better.append(scored) } else { level.add(scored) }
        }
        better.sort { $0.score == $1.score ? $0.chunk < $1.chunk : $0.score > $1.score }
        return better.map { Int($0.row) } + level.lowest(limit - better.count).map { Int($0.row) }
    }

    private struct Scored {
        let score: Float
        let chunk: ChunkID
        let row: Int32
    }

    /// Every row that was as good as the best `limit` before it, and the score of the last of these in the end, which is 0
    /// where there are fewer.
    private static func contenders(
        _ limit: Int,
        _ rows: UnsafeBufferPointer<Int32>,
        _ column: Column
    ) -> (rows: [(score: Float, row: Int32)], least: Float) {
        var contenders: [(score: Float, row: Int32)] = []
        contenders.reserveCapacity(min(rows.count, 16 * limit))
        // The best scores so far as a heap, the least of them on top.
        let least = withUnsafeTemporaryAllocation(of: Float.self, capacity: limit) { heap in
            heap.initialize(repeating: 0)
            var least: Float = 0
            for row in rows {
                let score = column[row]
                guard score >= least, score > 0 else { continue }
                contenders.append((score, row))
                guard score > least else { continue }
                sink(score, in: heap)
                least = heap[0]
            }
            return least
        }
        return (contenders, least)
    }

    /// Puts a score in the place of the least.
    private static func sink(_ score: Float, in heap: UnsafeMutableBufferPointer<Float>) {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < score else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = score
    }

    /// Of rows with one and the same score, of which there may be very many, those with the lowest chunks.
    private struct LowestChunks {
        private let limit: Int
        private var kept: [Scored] = []
        private var highest = ChunkID.max

        init(_ limit: Int) {
            self.limit = limit
        }

        mutating func add(_ row: Scored) {
            guard row.chunk < highest else { return }
            kept.append(row)
            guard kept.count >= 2 * limit else { return }
            kept = lowest(limit)
            highest = kept[limit - 1].chunk
        }

        func lowest(_ count: Int) -> [Scored] { Array(kept.sorted { $0.chunk < $1.chunk }.prefix(count)) }
    }
}
