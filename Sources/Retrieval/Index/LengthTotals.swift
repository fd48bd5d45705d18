import Domain

/// How many rows there are and how many terms they have: what mean lengths are made of.
struct LengthTotals: Sendable {
    /// Messages, statuses, events.
    private(set) var turns = 0
    private(set) var turnTerms = 0
    /// Of files.
    private(set) var passages = 0
    private(set) var passageTerms = 0
    private(set) var files = 0

    /// - Parameter isLeader: the first of its source's.
    mutating func add(_ row: Segment.Row, length: Int, isLeader: Bool, times: Int = 1) {
        if row.source.kind == .file {
            passages += times
            passageTerms += times * length
            if isLeader { files += times }
        } else {
            turns += times
            turnTerms += times * length
        }
    }

    mutating func add(_ other: LengthTotals) {
        turns += other.turns
        turnTerms += other.turnTerms
        passages += other.passages
        passageTerms += other.passageTerms
        files += other.files
    }
}
