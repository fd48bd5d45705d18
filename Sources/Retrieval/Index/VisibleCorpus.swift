import Domain

/// The parts of the index that one asker may see, their rows numbered through.
struct VisibleCorpus {
    struct Stretch {
        let part: Partition.Part
        let links: Neighbours
        /// The number of its first row in the corpus, and in its partition.
        let base: Int
        let partitionBase: Int

        var segment: Segment { part.segment }
        var rows: Range<Int> { base..<(base + segment.rows.count) }
    }

    let stretches: [Stretch]
    let count: Int
    /// Where vectors are compared by the database: what it told of them.
    var fetched: FetchedVectors?

    init(_ partitions: [Partition]) {
        var stretches: [Stretch] = []
        var base = 0
        for partition in partitions {
            let links = partition.neighbours
            let start = base
            for part in partition.parts {
                stretches.append(Stretch(part: part, links: links, base: base, partitionBase: start))
                base += part.segment.rows.count
            }
        }
        self.stretches = stretches
        count = base
    }

    func stretch(of row: Int) -> Stretch { stretches[stretchIndex(of: row)] }

    func stretchIndex(of row: Int) -> Int {
        var low = 0
        var high = stretches.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if stretches[middle].base <= row { low = middle } else { high = middle - 1 }
        }
        return low
    }

    func chunk(of row: Int) -> ChunkID {
        let stretch = stretch(of: row)
        return stretch.segment.rows[row - stretch.base].chunk
    }

    func row(_ row: Int) -> Segment.Row {
        let stretch = stretch(of: row)
        return stretch.segment.rows[row - stretch.base]
    }

    /// The rows before one in its conversation, nearest first.
    func turns(before row: Int, limit: Int) -> [Int] {
        let stretch = stretch(of: row)
        var turns: [Int] = []
        var place = row - stretch.partitionBase
        while turns.count < limit {
            place = Int(stretch.links.previous[place])
            if place < 0 { break }
            turns.append(stretch.partitionBase + place)
        }
        return turns
    }

    /// Names a conversation's sitting that a row is part of; nil outside conversations.
    func sitting(of row: Int) -> Sitting? {
        let stretch = stretch(of: row)
        let number = stretch.links.sitting[row - stretch.partitionBase]
        return number < 0 ? nil : Sitting(partitionBase: stretch.partitionBase, number: number)
    }

    struct Sitting: Hashable {
        let partitionBase: Int
        let number: Int32
    }

    /// The cosine of the best match of each of a question's pieces in a row.
    func matches(_ query: PieceQuery, row: Int) -> [Float] {
        let stretch = stretch(of: row)
        let segment = stretch.segment
        return segment.codes.withUnsafeBufferPointer { codes in
            query.matches(UnsafeBufferPointer(rebasing: codes[segment.codeRange(of: row - stretch.base)]))
        }
    }

    var hasCodes: Bool { stretches.contains { !$0.segment.codes.isEmpty } }

    func length(of row: Int) -> Int {
        let stretch = stretch(of: row)
        return Int(stretch.segment.lengths[row - stretch.base])
    }
}
