import Assistant
import Domain
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// Changes as server-sent events, for clients without websockets: `?stream=1` of a list.
///
/// Every event's `id` is a position; a reader that comes back with it as `Last-Event-ID` is told what it missed, unless
/// the event `ready` says that it was not `resumed`: then it is to read the list anew.
struct ChangeStream: Sendable {
    private static let heartbeat: Duration = .seconds(10)

    let hub: RealtimeHub

    static func isWanted(_ request: Request) -> Bool {
        // Whoever asks for the head alone would never read the stream, and nothing would close it.
        request.method == .get && ["1", "true"].contains(request.uri.queryParameters["stream"].map(String.init))
    }

    /// - Parameter request: without a body; what comes after it tells when the reader goes away.
    func response(
        to request: Request,
        as token: VerifiedToken,
        _ wanted: [RealtimeState.Wanted]
    ) throws -> Response {
        let line = EventLine(limit: RealtimeLimits.waitingEvents)
        let place = try open(line, request, token, wanted)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .accelBuffering: "no"],
            body: ResponseBody { writer in
                defer { place.giveUp() }
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await withGracefulShutdownHandler {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask { try await Self.beat(line) }
                            defer { group.cancelAll() }
                            for await event in line.events { try await writer.write(event) }
                        }
                    } onGracefulShutdown: {
                        line.finish()
                    }
                } onInboundClosed: {
                    line.finish()
                }
                try await writer.finish(nil)
            }
        )
    }

    private func open(
        _ line: EventLine,
        _ request: Request,
        _ token: VerifiedToken,
        _ wanted: [RealtimeState.Wanted]
    ) throws -> Place {
        let last = request.headers[.lastEventID].flatMap { ReplayWindow.Position($0) }
        let opened = hub.change { [limits = hub.limits] state -> Result<SocketEntry.Key?, PublicError> in
            if let reason = state.crowding(of: token.principal.user, limits) {
                return .failure(PublicError(.tooManyRequests, "\(reason).", retryAfter: 5))
            }
            do throws(RowFilter.Malformed) {
                return .success(try state.follow(wanted, on: line, as: token, after: last))
            } catch {
                return .failure(PublicError(.invalid, "\(error.reason)."))
            }
        }
        guard let key = try opened.get() else {
            throw PublicError(.unavailable, "Changes are not followed at the moment. Try again.", retryAfter: 2)
        }
        return Place(hub, key)
    }

    /// A reader's place among those who are connected. Given up with the answer: one whose reader goes away before it
    /// begins is never written.
    private final class Place: Sendable {
        private let hub: RealtimeHub
        private let key: SocketEntry.Key

        init(_ hub: RealtimeHub, _ key: SocketEntry.Key) {
            self.hub = hub
            self.key = key
        }

        deinit { giveUp() }

        /// What was given up is given up.
        func giveUp() { hub.change { $0.close(key) } }
    }

    private static func beat(_ line: EventLine) async throws {
        while true {
            try await Task.sleep(for: heartbeat)
            line.take(.frame(ByteBuffer(string: ": ping\n\n")))
        }
    }
}

extension HTTPField.Name {
    /// A name that the standard list lacks; it is a valid token.
    fileprivate static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .from
}
