import Domain

/// The parts of the index that one asker may see, their rows numbered through.
struct VisibleCorpus {
    struct Stretch {
        let partition: Partition
        let part: Partition.Part
        /// The number of its first row in the corpus, and in its partition.
        let base: Int
        let partitionBase: Int

        var segment: Segment { part.segment }
        var links: Neighbours { partition.neighbours }
        var rows: Range<Int> { base..<(base + segment.rows.count) }
        /// Every row has a source of its own, none is a file's, and none has died.
        var hasOnlyLivingTurns: Bool { part.dead.isEmpty && segment.hasOnlyTurns }
    }

    let stretches: [Stretch]
    let count: Int
    /// Where vectors are compared by the database: what it told of them.
    var fetched: FetchedVectors?

    init(_ partitions: [Partition]) {
        var stretches: [Stretch] = []
        var base = 0
        for partition in partitions {
            let start = base
            for part in partition.parts {
                stretches.append(Stretch(partition: partition, part: part, base: base, partitionBase: start))
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

    // Stretches are looked at in their place: a copy of one counts up and down all that it refers to.

    func chunk(of row: Int) -> ChunkID {
        let index = stretchIndex(of: row)
        return stretches[index].segment.rows[row - stretches[index].base].chunk
    }

    func row(_ row: Int) -> Segment.Row {
        let index = stretchIndex(of: row)
        return stretches[index].segment.rows[row - stretches[index].base]
    }

    /// The rows before one in its conversation, nearest first.
    func turns(before row: Int, limit: Int) -> [Int] {
        let index = stretchIndex(of: row)
        let base = stretches[index].partitionBase
        var turns: [Int] = []
        var place = row - base
        while turns.count < limit {
            place = Int(stretches[index].links.previous[place])
            if place < 0 { break }
            turns.append(base + place)
        }
        return turns
    }

    /// Names a conversation's sitting that a row is part of; nil outside conversations.
    func sitting(of row: Int) -> Sitting? {
        let index = stretchIndex(of: row)
        let base = stretches[index].partitionBase
        let number = stretches[index].links.sitting[row - base]
        return number < 0 ? nil : Sitting(partitionBase: base, number: number)
    }

    struct Sitting: Hashable {
        let partitionBase: Int
        let number: Int32
    }

    /// The cosine of the best match of each of a question's pieces in a row.
    ///
    /// - Parameter matches: one for each piece.
    func match(_ query: PieceQuery, row: Int, into matches: UnsafeMutableBufferPointer<Float>) {
        let index = stretchIndex(of: row)
        let segment = stretches[index].segment
        let range = segment.codeRange(of: row - stretches[index].base)
        segment.codes.withUnsafeBufferPointer { codes in
            query.match(UnsafeBufferPointer(rebasing: codes[range]), into: matches)
        }
    }

    var hasCodes: Bool { stretches.contains { !$0.segment.codes.isEmpty } }

    func length(of row: Int) -> Int {
        let index = stretchIndex(of: row)
        return Int(stretches[index].segment.lengths[row - stretches[index].base])
    }
}
