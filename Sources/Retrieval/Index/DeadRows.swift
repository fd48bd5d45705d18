/// The rows of a segment that are no longer there.
struct DeadRows: Sendable {
    /// Nil while all are.
    private(set) var living: RowBits?
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    func contains(_ row: Int32) -> Bool { living.map { !$0.contains(Int(row)) } ?? false }

    /// - Parameter size: all rows of the segment.
    mutating func insert(_ rows: [Int32], of size: Int) {
        guard !rows.isEmpty else { return }
        var bits = living ?? RowBits(size: size, full: true)
        living = nil
        for row in rows { bits.remove(Int(row)) }
        count = size - bits.count
        living = bits
    }
}
