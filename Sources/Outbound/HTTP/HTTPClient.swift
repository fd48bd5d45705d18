public import Foundation
import Synchronization

/// Calls other servers over libcurl; connections are kept and reused.
public final class HTTPClient: Sendable {
    private let loop = CurlLoop()
    private let lastID = Atomic<UInt64>(0)

    public init() {}

    deinit { loop.send(.stop) }

    /// Returns when the head has come. Cancelling the task, or letting go of the body, ends the transfer.
    public func send(_ call: HTTPCall) async throws -> HTTPReply {
        let id = lastID.add(1, ordering: .relaxed).newValue
        let loop = loop
        let head = CurlTransfer.Head()
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                head.wait(continuation)
                // A body holds the client: its bytes come for as long as somebody reads them.
                let body = HTTPBody(resume: { self.loop.send(.resume(id)) }, cancel: { self.loop.send(.cancel(id)) })
                loop.send(.start(id, call, head, body))
            }
        } onCancel: {
            head.answer(.failure(CancellationError()))
            loop.send(.cancel(id))
        }
    }

    /// The body of a reply with status 2xx.
    public func data(_ call: HTTPCall, limit: Int) async throws -> Data {
        let reply = try await send(call)
        guard (200..<300).contains(reply.status) else {
            throw OutboundError.status(reply.status, retryAfter: RetryAfter.parse(reply.headers["retry-after"]))
        }
        return try await reply.collected(limit: limit)
    }
}
