import Domain
import Foundation

/// The turns of a partition in the order of time: which row comes before and after each, and which sitting it is part of.
///
/// Rows are numbered over all parts of the partition. Kept up to date by whoever writes, so that no question waits for it.
struct Neighbours: Sendable {
    /// By row; -1 for none, and for rows that are gone.
    private(set) var previous: [Int32] = []
    private(set) var next: [Int32] = []
    /// Rows of one sitting share a number; -1 outside conversations.
    private(set) var sitting: [Int32] = []
    /// Sittings that are transcripts of meetings.
    private(set) var meetings: Set<Int32> = []
    /// The rows that are there, by time.
    private var order: [Int32] = []
    private var sittings: Int32 = 0

    /// A longer silence begins a new sitting.
    private static let silence: TimeInterval = 3 * 3600
    /// More turns at once are sorted anew.
    private static let mostInserted = 64

    init() {}

    init(_ parts: [Partition.Part]) {
        var base = 0
        var turns: [(row: Int32, at: Date, chunk: Int64)] = []
        for part in parts {
            for (row, turn) in part.segment.rows.enumerated()
            where turn.source.kind == .message && !part.dead.contains(Int32(row)) {
                turns.append((Int32(base + row), turn.createdAt, turn.chunk))
            }
            base += part.segment.rows.count
        }
        turns.sort { ($0.at, $0.chunk) < ($1.at, $1.chunk) }
        previous = [Int32](repeating: -1, count: base)
        next = previous
        sitting = previous
        order = turns.map(\.row)
        var gaps: [Int32: [TimeInterval]] = [:]
        for (index, turn) in turns.enumerated() {
            if index > 0 {
                let before = turns[index - 1]
                let gap = turn.at.timeIntervalSince(before.at)
                if gap > Self.silence { sittings += 1 } else { gaps[sittings, default: []].append(gap) }
                previous[Int(turn.row)] = before.row
                next[Int(before.row)] = turn.row
            }
            sitting[Int(turn.row)] = sittings
        }
        meetings = Set(gaps.filter { MeetingStretches.isMeeting(gaps: $0.value) }.keys)
    }

    func isInMeeting(_ row: Int) -> Bool { !meetings.isEmpty && meetings.contains(sitting[row]) }

    /// After a segment was added at the end.
    ///
    /// - Parameter parts: all of them, the new one last.
    func adding(_ parts: [Partition.Part]) -> Neighbours {
        guard let part = parts.last, part.segment.rows.count <= Self.mostInserted else { return Neighbours(parts) }
        var changed = self
        let lookup = RowLookup(parts)
        let base = Int32(previous.count)
        let new = [Int32](repeating: -1, count: part.segment.rows.count)
        changed.previous += new
        changed.next += new
        changed.sitting += new
        for row in part.segment.rows.indices where part.segment.rows[row].source.kind == .message {
            changed.insert(base + Int32(row), lookup)
        }
        if let row = part.segment.rows.indices.last(where: { changed.sitting[Int(base) + $0] >= 0 }) {
            changed.judgeSitting(of: base + Int32(row), lookup)
        }
        return changed
    }

    /// After rows, numbered over all parts, have died.
    func removing(_ rows: [Int32]) -> Neighbours {
        guard rows.contains(where: { sitting[Int($0)] >= 0 }) else { return self }
        var changed = self
        for row in rows where sitting[Int(row)] >= 0 {
            let (before, after) = (changed.previous[Int(row)], changed.next[Int(row)])
            if before >= 0 { changed.next[Int(before)] = after }
            if after >= 0 { changed.previous[Int(after)] = before }
            changed.previous[Int(row)] = -1
            changed.next[Int(row)] = -1
            changed.sitting[Int(row)] = -1
        }
        let gone = Set(rows)
        changed.order.removeAll { gone.contains($0) }
        return changed
    }

    /// After parts were merged: the new number of every row, -1 for such as are left out, and how many there are now.
    func renumbered(_ numbers: [Int32], _ count: Int) -> Neighbours {
        var changed = Neighbours()
        changed.previous = [Int32](repeating: -1, count: count)
        changed.next = changed.previous
        changed.sitting = changed.previous
        changed.sittings = sittings
        changed.meetings = meetings
        changed.order = order.map { numbers[Int($0)] }
        func number(_ row: Int32) -> Int32 { row < 0 ? -1 : numbers[Int(row)] }
        for (row, new) in numbers.enumerated() where new >= 0 {
            changed.previous[Int(new)] = number(previous[row])
            changed.next[Int(new)] = number(next[row])
            changed.sitting[Int(new)] = sitting[row]
        }
        return changed
    }

    /// Tells again whether the sitting of a row is a meeting.
    private mutating func judgeSitting(of row: Int32, _ lookup: RowLookup) {
        let number = sitting[Int(row)]
        var first = row
        while previous[Int(first)] >= 0, sitting[Int(previous[Int(first)])] == number { first = previous[Int(first)] }
        var gaps: [TimeInterval] = []
        var last = first
        while next[Int(last)] >= 0, sitting[Int(next[Int(last)])] == number {
            let turn = next[Int(last)]
            gaps.append(lookup[turn].createdAt.timeIntervalSince(lookup[last].createdAt))
            last = turn
        }
        if MeetingStretches.isMeeting(gaps: gaps) { meetings.insert(number) } else { meetings.remove(number) }
    }

    private mutating func insert(_ row: Int32, _ lookup: RowLookup) {
        let turn = lookup[row]
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            let other = lookup[order[middle]]
            if (other.createdAt, other.chunk) < (turn.createdAt, turn.chunk) { low = middle + 1 } else { high = middle }
        }
        let before = low > 0 ? order[low - 1] : -1
        let after = low < order.count ? order[low] : -1
        order.insert(row, at: low)
        previous[Int(row)] = before
        next[Int(row)] = after
        if before >= 0 { next[Int(before)] = row }
        if after >= 0 { previous[Int(after)] = row }
        func isNear(_ other: Int32) -> Bool {
            other >= 0 && abs(lookup[other].createdAt.timeIntervalSince(turn.createdAt)) <= Self.silence
        }
        if isNear(before) {
            sitting[Int(row)] = sitting[Int(before)]
        } else if isNear(after) {
            sitting[Int(row)] = sitting[Int(after)]
        } else {
            sittings += 1
            sitting[Int(row)] = sittings
        }
    }
}

/// Rows by their number over all parts.
private struct RowLookup {
    private let parts: [Partition.Part]
    private let bases: [Int32]

    init(_ parts: [Partition.Part]) {
        self.parts = parts
        var base: Int32 = 0
        bases = parts.map { part in
            defer { base += Int32(part.segment.rows.count) }
            return base
        }
    }

    subscript(row: Int32) -> Segment.Row {
        let part = (bases.lastIndex { $0 <= row }) ?? 0
        return parts[part].segment.rows[Int(row - bases[part])]
    }
}
