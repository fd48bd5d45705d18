import Domain
import Foundation

/// Which rows of a segment are of which source: a place for each source, found by its id, and a chain where there are
/// several rows. Twelve bytes a row where a dictionary of lists takes a hundred.
struct SourceRows: Sendable {
    /// The first row of each row's source; nil while every source has but one.
    private let leaders: [Int32]?
    /// The next row of the same source, -1 after the last; nil likewise.
    private let following: [Int32]?
    /// First rows, by their source's hash; -1 is free.
    private let table: [Int32]

    init(_ rows: [Segment.Row]) {
        var size = 2
        while size < 2 * rows.count { size *= 2 }
        var table = [Int32](repeating: -1, count: size)
        var leaders: [Int32]?
        var following: [Int32] = []
        var last: [Int32] = []
        for (row, entry) in rows.enumerated() {
            var place = Self.hash(entry.source) & (size - 1)
            while table[place] >= 0, rows[Int(table[place])].source != entry.source { place = (place + 1) & (size - 1) }
            guard table[place] >= 0 else {
                table[place] = Int32(row)
                continue
            }
            if leaders == nil {
                leaders = rows.indices.map(Int32.init)
                following = [Int32](repeating: -1, count: rows.count)
                last = rows.indices.map(Int32.init)
            }
            let leader = table[place]
            leaders?[row] = leader
            following[Int(last[Int(leader)])] = Int32(row)
            last[Int(leader)] = Int32(row)
        }
        self.table = table
        self.leaders = leaders
        self.following = leaders == nil ? nil : following
    }

    /// No source has several rows.
    var areSingle: Bool { leaders == nil }

    func leader(of row: Int) -> Int { leaders.map { Int($0[row]) } ?? row }

    /// In order; empty when there are none.
    func rows(of source: SourceReference, in rows: [Segment.Row]) -> [Int32] {
        var place = Self.hash(source) & (table.count - 1)
        while table[place] >= 0 {
            let row = table[place]
            if rows[Int(row)].source == source { return chain(from: row) }
            place = (place + 1) & (table.count - 1)
        }
        return []
    }

    private func chain(from leader: Int32) -> [Int32] {
        var found = [leader]
        while let following, following[Int(found[found.count - 1])] >= 0 {
            found.append(following[Int(found[found.count - 1])])
        }
        return found
    }

    var byteCount: Int { 4 * table.count + 8 * (leaders?.count ?? 0) }

    /// Ids are random but for those of an import, whose order should not matter.
    private static func hash(_ source: SourceReference) -> Int {
        let (one, other) = unsafeBitCast(source.id.uuid, to: (UInt64, UInt64).self)
        return Int(truncatingIfNeeded: TermKey.fold(one ^ 0xa076_1d64_78bd_642f, other ^ 0xe703_7ed1_a0b4_28db))
    }
}
