import Foundation

/// A file piece by piece, so that memory is independent of its size.
struct FilePieces: AsyncSequence, AsyncIteratorProtocol {
    typealias Element = Data
    typealias Failure = any Error
    private static let size = 1 << 20

    private let handle: FileHandle

    /// Nil where there is no such file to read.
    init?(path: String) {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        self.handle = handle
    }

    func makeAsyncIterator() -> FilePieces { self }

    mutating func next() async throws -> Data? {
        guard let piece = try handle.read(upToCount: Self.size), !piece.isEmpty else { return nil }
        return piece
    }
}
