import Domain
import Foundation
import Hummingbird
import NIOCore
import NIOFoundationCompat

extension ByteFeed {
    /// A request's body.
    init(_ body: RequestBody) {
        var pieces = body.makeAsyncIterator()
        self.init { try await pieces.next().map { Data(buffer: $0) } }
    }
}
