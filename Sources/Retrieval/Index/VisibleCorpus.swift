import CKernels
import Domain

/// The parts of the index that one asker may see, their rows numbered through.
struct VisibleCorpus {
    struct Stretch {
        let part: Partition.Part
        let links: Partition.Neighbours.Links
        /// The number of its first row in the corpus, and in its partition.
        let base: Int
        let partitionBase: Int

        var segment: Segment { part.segment }
        var rows: Range<Int> { base..<(base + segment.rows.count) }
    }

    let stretches: [Stretch]
    let count: Int

    init(_ partitions: [Partition]) {
        var stretches: [Stretch] = []
        var base = 0
        for partition in partitions {
            let links = partition.neighbours.value
            let start = base
            for part in partition.parts {
                stretches.append(Stretch(part: part, links: links, base: base, partitionBase: start))
                base += part.segment.rows.count
            }
        }
        self.stretches = stretches
        count = base
    }

    func stretch(of row: Int) -> Stretch {
        var low = 0
        var high = stretches.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if stretches[middle].base <= row { low = middle } else { high = middle - 1 }
        }
        return stretches[low]
    }

    func row(_ row: Int) -> Segment.Row {
        let stretch = stretch(of: row)
        return stretch.segment.rows[row - stretch.base]
    }

    /// Inner products of every row's own vector.
    func passageScores(_ query: [Float]) -> [Float] {
        var scores = [Float](repeating: 0, count: count)
        for stretch in stretches {
            precondition(query.count == stretch.segment.dimension)
            scores.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                labsync_dot_rows(
                    stretch.segment.vectors,
                    query,
                    start + stretch.base,
                    stretch.segment.rows.count,
                    query.count
                )
            }
        }
        return scores
    }

    /// Inner products of every row's vector in context; of a file's later rows, that of its beginning.
    func contextScores(_ query: [Float]) -> [Float] {
        var scores = [Float](repeating: 0, count: count)
        for stretch in stretches {
            let segment = stretch.segment
            let contextCount = segment.contexts.count / query.count
            var found = [Float](repeating: 0, count: contextCount)
            labsync_dot_rows(segment.contexts, query, &found, contextCount, query.count)
            for row in segment.rows.indices {
                let own = segment.contextPlaces[row]
                let place = own >= 0 ? own : segment.contextPlaces[Int(segment.leaders[row])]
                if place >= 0 { scores[stretch.base + row] = found[Int(place)] }
            }
        }
        return scores
    }
}
