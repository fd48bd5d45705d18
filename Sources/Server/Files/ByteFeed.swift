import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// Bytes as they come in, once, piece by piece.
struct ByteFeed: AsyncSequence, AsyncIteratorProtocol {
    let read: () async throws -> Data?

    func next() async throws -> Data? { try await read() }

    func makeAsyncIterator() -> ByteFeed { self }

    /// A request's body.
    init(_ body: RequestBody) {
        var pieces = body.makeAsyncIterator()
        read = { try await pieces.next().map { Data(buffer: $0) } }
    }

    init(read: @escaping () async throws -> Data?) {
        self.read = read
    }
}
