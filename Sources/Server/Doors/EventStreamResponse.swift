import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Server-sent events, made by a producer that is stopped when the reader goes away.
enum EventStreamResponse {
    /// Keeps proxies from closing a connection on which nothing is said for a while.
    private static let heartbeat: Duration = .seconds(10)

    struct Sink: Sendable {
        fileprivate let continuation: AsyncStream<ByteBuffer>.Continuation

        func send(_ data: Data, event: String? = nil) {
            let name = event.map { "event: \($0)\n" } ?? ""
            continuation.yield(ByteBuffer(string: "\(name)data: \(String(decoding: data, as: UTF8.self))\n\n"))
        }

        func send(_ value: JSONValue, event: String? = nil) throws {
            send(try value.data(), event: event)
        }
    }

    /// - Parameter produce: must not throw: the status has been sent, so a failure is an event too.
    static func response(
        _ context: LabsyncContext,
        _ produce: @escaping @Sendable (Sink) async -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .accelBuffering: "no"],
            body: ResponseBody { writer in
                let (events, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
                let leaving = context.leaving()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await produce(Sink(continuation: continuation))
                        continuation.finish()
                    }
                    group.addTask { try await beat(continuation) }
                    group.addTask {
                        for await _ in leaving {}
                        continuation.finish()
                    }
                    defer { group.cancelAll() }
                    for await event in events { try await writer.write(event) }
                }
                try await writer.finish(nil)
            }
        )
    }

    private static func beat(_ continuation: AsyncStream<ByteBuffer>.Continuation) async throws {
        while true {
            try await Task.sleep(for: heartbeat)
            continuation.yield(ByteBuffer(string: ": ping\n\n"))
        }
    }
}
