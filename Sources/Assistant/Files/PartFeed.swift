import Domain
import Foundation

/// Cuts what comes in into parts. A connection that breaks ends the last part; the error is there to be thrown later.
final class PartFeed {
    private let source: ByteFeed
    private var rest = Data()
    private(set) var failure: (any Error)?
    private var isAtEnd = false

    init(_ source: ByteFeed) {
        self.source = source
    }

    /// Is there anything to make a part of?
    func hasMore() async -> Bool {
        while rest.isEmpty, !isAtEnd {
            do {
                if let piece = try await source.next() { rest = piece } else { isAtEnd = true }
            } catch {
                failure = error
                isAtEnd = true
            }
        }
        return !rest.isEmpty
    }

    /// - Parameter size: bytes; the last part may be shorter.
    func nextPart(_ size: Int) -> ByteFeed {
        var room = size
        return ByteFeed { [self] in
            guard room > 0, await hasMore() else { return nil }
            let piece = rest.prefix(room)
            rest = rest.dropFirst(piece.count)
            room -= piece.count
            return piece
        }
    }
}
