/// A set of the rows 0..<size.
public struct RowBits: Sendable {
    /// One word more than is needed, which passes over vectors may read.
    private(set) var words: [UInt64]
    public private(set) var count: Int

    /// - Parameter full: all of them, or none.
    public init(size: Int, full: Bool) {
        words = [UInt64](repeating: full ? .max : 0, count: size / 64 + 2)
        count = full ? size : 0
        if full { for row in size..<(words.count * 64) { words[row / 64] &= ~(1 << UInt64(row % 64)) } }
    }

    public func contains(_ row: Int) -> Bool { words[row / 64] >> UInt64(row % 64) & 1 == 1 }

    public mutating func insert(_ row: Int) {
        guard !contains(row) else { return }
        words[row / 64] |= 1 << UInt64(row % 64)
        count += 1
    }

    public mutating func remove(_ row: Int) {
        guard contains(row) else { return }
        words[row / 64] &= ~(1 << UInt64(row % 64))
        count -= 1
    }
}
