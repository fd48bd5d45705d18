import Domain
import Foundation

/// All passages of one scope: a few immutable segments and what of them is dead.
///
/// What is written comes as a segment of its own at the end; `merged` later makes few large ones of many small ones.
final class Partition: Sendable {
    struct Part: Sendable {
        let segment: Segment
        private(set) var dead = DeadRows()
        /// Of the rows that live.
        private(set) var totals: LengthTotals

        init(segment: Segment) {
            self.segment = segment
            totals = segment.totals
        }

        var liveCount: Int { segment.rows.count - dead.count }

        mutating func bury(_ rows: [Int32]) {
            for row in rows where !dead.contains(row) {
                let place = Int(row)
                totals.add(
                    segment.rows[place],
                    length: Int(segment.lengths[place]),
                    isLeader: segment.leader(of: place) == place,
                    times: -1
                )
            }
            dead.insert(rows, of: segment.rows.count)
        }
    }

    let parts: [Part]
    /// The row before and after each row of the same conversation in time, over all parts; -1 for none or a dead row.
    let neighbours: Neighbours
    let liveCount: Int

    let place: Place

    struct Place: Sendable {
        let scope: Scope
        /// Among others: the same in every process.
        let order: UInt64

        init(_ scope: Scope) {
            self.scope = scope
            order = scope.description.stableHash
        }
    }

    /// An empty one.
    convenience init(of scope: Scope) {
        self.init([], Neighbours(), Place(scope))
    }

    convenience init(of scope: Scope, _ segments: [Segment]) {
        let parts = segments.map { Part(segment: $0) }
        self.init(parts, Neighbours(parts), Place(scope))
    }

    init(_ parts: [Part], _ neighbours: Neighbours, _ place: Place) {
        self.parts = parts
        self.neighbours = neighbours
        self.place = place
        liveCount = parts.reduce(0) { $0 + $1.liveCount }
    }

    func adding(_ segment: Segment) -> Partition {
        let parts = parts + [Part(segment: segment)]
        return Partition(parts, neighbours.adding(parts), place)
    }

    /// Nil when nothing is left.
    func removing(_ source: SourceReference) -> Partition? {
        var base: Int32 = 0
        var removed: [Int32] = []
        let parts = parts.map { part in
            defer { base += Int32(part.segment.rows.count) }
            let rows = part.segment.rows(of: source)
            guard !rows.isEmpty else { return part }
            var part = part
            part.bury(rows)
            removed += rows.map { base + $0 }
            return part
        }
        let changed = Partition(parts, neighbours.removing(removed), place)
        return changed.liveCount == 0 ? nil : changed
    }
}

extension String {
    /// FNV-1a (Fowler, Noll and Vo).
    fileprivate var stableHash: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
