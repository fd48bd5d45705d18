public import Foundation

/// Bytes as they come, once, piece by piece.
public struct ByteFeed: AsyncSequence, AsyncIteratorProtocol {
    private let read: () async throws -> Data?

    /// - Parameter read: the next piece; nil at the end.
    public init(read: @escaping () async throws -> Data?) {
        self.read = read
    }

    public func next() async throws -> Data? { try await read() }

    public func makeAsyncIterator() -> ByteFeed { self }

    /// Reads ahead: what it begins with, and all of it from the beginning.
    ///
    /// - Parameter count: bytes to be there at least, unless it ends before.
    public func peeked(_ count: Int) async throws -> (beginning: Data, whole: ByteFeed) {
        var pieces: [Data] = []
        var size = 0
        while size < count, let piece = try await read() {
            pieces.append(piece)
            size += piece.count
        }
        let beginning = pieces.reduce(into: Data()) { $0 += $1 }
        var waiting = pieces[...]
        return (
            beginning,
            ByteFeed {
                if let piece = waiting.popFirst() { return piece }
                return try await read()
            }
        )
    }
}
