import Domain
import Foundation
import Synchronization

/// All passages of one scope: a few immutable segments and what of them is dead.
///
/// Small segments are merged into larger ones as they come, so that there are about log(rows) of them.
final class Partition: Sendable {
    struct Part: Sendable {
        let segment: Segment
        var dead = DeadRows()

        var liveCount: Int { segment.rows.count - dead.count }
    }

    let parts: [Part]
    /// The row before and after each row of the same conversation in time, over all parts; -1 for none or a dead row.
    let neighbours: Neighbours

    init(_ parts: [Part]) {
        self.parts = parts
        neighbours = Neighbours(parts)
    }

    var liveCount: Int { parts.reduce(0) { $0 + $1.liveCount } }

    func adding(_ segment: Segment) -> Partition {
        var parts = parts + [Part(segment: segment)]
        // A segment at least half as large as the one before is merged with it.
        while parts.count > 1, parts[parts.count - 1].liveCount * 2 >= parts[parts.count - 2].liveCount {
            let pair = parts.suffix(2).map { (segment: $0.segment, dead: $0.dead) }
            parts.removeLast(2)
            parts.append(Part(segment: Segment(merging: pair, dimension: segment.dimension)))
        }
        return Partition(parts)
    }

    /// Nil when nothing is left.
    func removing(_ source: SourceReference) -> Partition? {
        removing { $0.segment.rowsOfSource[source] ?? [] }
    }

    func contains(_ source: SourceReference) -> Bool {
        parts.contains { part in (part.segment.rowsOfSource[source] ?? []).contains { !part.dead.contains($0) } }
    }

    private func removing(_ rows: (Part) -> [Int32]) -> Partition? {
        let parts = parts.compactMap { part -> Part? in
            var part = part
            part.dead.insert(rows(part), of: part.segment.rows.count)
            if part.liveCount == 0 { return nil }
            // Mostly dead weight: make it small again.
            guard part.dead.count * 2 > part.segment.rows.count else { return part }
            return Part(segment: Segment(merging: [(part.segment, part.dead)], dimension: part.segment.dimension))
        }
        return parts.isEmpty ? nil : Partition(parts)
    }

    /// Worked out when first asked for.
    final class Neighbours: Sendable {
        struct Links: Sendable {
            /// By row number over all parts of the partition.
            let previous: [Int32]
            let next: [Int32]
            /// Rows of one sitting share a number.
            let sitting: [Int32]
        }

        /// A longer silence begins a new sitting.
        private static let silence: TimeInterval = 3 * 3600

        private let parts: [Part]
        private let links = Mutex<Links?>(nil)

        init(_ parts: [Part]) {
            self.parts = parts
        }

        var value: Links {
            links.withLock { links in
                if let links { return links }
                let made = make()
                links = made
                return made
            }
        }

        private func make() -> Links {
            var base = 0
            var turns: [(row: Int, at: Date, chunk: Int64)] = []
            for part in parts {
                for (row, turn) in part.segment.rows.enumerated()
                where turn.source.kind == .message && !part.dead.contains(Int32(row)) {
                    turns.append((base + row, turn.createdAt, turn.chunk))
                }
                base += part.segment.rows.count
            }
            turns.sort { ($0.at, $0.chunk) < ($1.at, $1.chunk) }
            var previous = [Int32](repeating: -1, count: base)
            var next = previous
            var sitting = previous
            var number: Int32 = 0
            for (index, turn) in turns.enumerated() {
                if index > 0 {
                    let before = turns[index - 1]
                    if turn.at.timeIntervalSince(before.at) > Self.silence { number += 1 }
                    previous[turn.row] = Int32(before.row)
                    next[before.row] = Int32(turn.row)
                }
                sitting[turn.row] = number
            }
            return Links(previous: previous, next: next, sitting: sitting)
        }
    }
}
