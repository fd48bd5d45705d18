/// Making few segments of many, beside those who read and write.
extension Partition {
    /// Larger ones are left alone, unless they are mostly dead: merging them would take long and gain little.
    private static let largestMerged = 32_768

    /// What is to be made one: places of neighbouring parts.
    ///
    /// From the end on, a part is merged with the one before while it is at least half as large, which leaves about
    /// log(rows) of them; a part that is mostly dead is made anew by itself.
    var mergeable: Range<Int>? {
        var (start, size) = (parts.count - 1, parts.last?.liveCount ?? 0)
        while start > 0, 2 * size >= parts[start - 1].liveCount, size + parts[start - 1].liveCount <= Self.largestMerged
        {
            start -= 1
            size += parts[start].liveCount
        }
        if start < parts.count - 1 { return start..<parts.count }
        return parts.firstIndex { $0.dead.count * 2 > $0.segment.rows.count }.map { $0..<($0 + 1) }
    }

    /// The live rows of some parts as one segment; nil when none lives.
    func merging(_ range: Range<Int>) -> Segment? {
        let chosen = parts[range].filter { $0.liveCount > 0 }
        guard let first = chosen.first else { return nil }
        return Segment(merging: chosen.map { ($0.segment, $0.dead) }, first.segment.shape)
    }

    /// This partition with a merged segment in place of the parts that it was made of, or nil when these are no longer
    /// the same but for rows that have died meanwhile.
    func replacing(_ range: Range<Int>, of before: Partition, with merged: Segment?) -> Partition? {
        guard range.upperBound <= parts.count,
            zip(parts[range], before.parts[range]).allSatisfy({ $0.segment === $1.segment })
        else { return nil }
        var part = merged.map { Part(segment: $0) }
        for (now, then) in zip(parts[range], before.parts[range]) where now.dead.count != then.dead.count {
            for (index, row) in now.segment.rows.enumerated()
            where now.dead.contains(Int32(index)) && !then.dead.contains(Int32(index)) {
                part?.bury(merged?.rows(of: row.source) ?? [])
            }
        }
        let numbers = numbers(merging: range, of: before)
        var parts = parts
        parts.replaceSubrange(range, with: part.map { [$0] } ?? [])
        let count = parts.reduce(0) { $0 + $1.segment.rows.count }
        return Partition(parts, neighbours.renumbered(numbers, count), place)
    }

    /// Each row's number once a range is merged; -1 for what was dead before.
    private func numbers(merging range: Range<Int>, of before: Partition) -> [Int32] {
        var numbers: [Int32] = []
        var next: Int32 = 0
        for (index, part) in parts.enumerated() {
            for row in part.segment.rows.indices {
                let isLeftOut = range.contains(index) && before.parts[index].dead.contains(Int32(row))
                numbers.append(isLeftOut ? -1 : next)
                if !isLeftOut { next += 1 }
            }
        }
        return numbers
    }
}
