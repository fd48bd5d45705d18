/// How many jobs are leased at once: many where they are quick, since each batch costs some transactions; few where they
/// are slow, since what is posted meanwhile waits for the batch to end.
package struct BatchSize {
    package static let largest = 512
    private static let smallest = 16
    private static let tooShort: Duration = .milliseconds(150)
    private static let tooLong: Duration = .milliseconds(600)

    package private(set) var current = 64

    package init() {}

    /// A batch that was not full says nothing.
    package mutating func adapt(done: Int, in duration: Duration) {
        guard done >= current else { return }
        if duration < Self.tooShort { current = min(Self.largest, current * 2) }
        if duration > Self.tooLong { current = max(Self.smallest, current / 2) }
    }
}
