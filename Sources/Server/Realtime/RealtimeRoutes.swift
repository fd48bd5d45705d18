import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOWebSocket

/// `/realtime/v1`: the websocket of Supabase's clients, and broadcasts over HTTP.
struct RealtimeRoutes {
    private static let largestBody = 2 << 20

    let hub: RealtimeHub
    let gate: RealtimeGate
    let allowedOrigins: Set<String>

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/realtime/v1")
            .get("websocket", use: connect)
            .post("api/broadcast", use: broadcast)
            .post("api/broadcast/{topic}/events/{event}", use: broadcastOne)
    }

    // MARK: The websocket

    @Sendable
    private func connect(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        do throws(Handshake.Refusal) {
            let handshake = try Handshake(request)
            guard request.isFromOwnPage(or: allowedOrigins) else {
                throw Handshake.Refusal(status: .forbidden, reason: "This page may not connect here.")
            }
            let vsn = request.uri.queryParameters["vsn"].map(String.init)
            guard let version = PhoenixVersion(vsn) else {
                throw Handshake.Refusal(status: .badRequest, reason: "vsn must be 1.0.0 or 2.0.0.")
            }
            let (token, text) = try await admit(request)
            let user = token.principal.user
            if let reason = hub.change({ [limits = hub.limits] in $0.crowding(of: user, limits) }) {
                throw Handshake.Refusal(status: .tooManyRequests, reason: reason)
            }
            // Clients from before `vsn` was sent take 1001 for good, and stay away.
            let restart = vsn == nil ? CloseCode.serviceRestart : CloseCode.goingAway
            try await prepare(context, version, token, text, restart)
            return handshake.response
        } catch {
            return Self.refusal(error)
        }
    }

    /// By the key that clients bring in the address or a header, or the way that other requests sign in.
    private func admit(_ request: Request) async throws(Handshake.Refusal) -> (VerifiedToken, String) {
        var text = request.headers[.apiKey] ?? request.uri.queryParameters["apikey"].map(String.init)
        if text == nil, let header = request.headers[.authorization] { text = String(header.dropFirst(7)) }
        guard let text = text ?? request.cookies["__session"]?.value, !text.isEmpty else {
            throw Handshake.Refusal(status: .unauthorized, reason: "Missing API key: send a token as apikey.")
        }
        do {
            return (try await gate.admit(text), text)
        } catch let error as PublicError where error.code == .unauthenticated {
            throw Handshake.Refusal(status: .unauthorized, reason: error.sentence)
        } catch {
            throw Handshake.Refusal(status: .serviceUnavailable, reason: "The database does not answer.")
        }
    }

    private func prepare(
        _ context: LabsyncContext,
        _ version: PhoenixVersion,
        _ token: VerifiedToken,
        _ text: String,
        _ restart: UInt16
    ) async throws(Handshake.Refusal) {
        let (hub, gate, limits) = (hub, gate, hub.limits)
        let loop = context.channel.eventLoop
        do {
            try await context.channel.prepareUpgrade {
                let socket = RealtimeSocket(hub: hub, gate: gate, version: version, token: token, tokenText: text)
                let handler = WebSocketHandler(
                    peer: socket,
                    outbox: hub.outboxes.of(loop),
                    limits: .init(
                        largestMessage: limits.largestMessage,
                        largestBacklog: limits.largestBacklog,
                        silence: .seconds(RealtimeLimits.silence),
                        restart: restart
                    )
                )
                let decoder = WebSocketFrameDecoder(maxFrameSize: limits.largestMessage)
                return [ByteToMessageHandler(decoder), handler]
            }
        } catch {
            throw Handshake.Refusal(status: .internalServerError, reason: "The connection cannot be switched.")
        }
    }

    private static func refusal(_ refusal: Handshake.Refusal) -> Response {
        var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        if refusal.status == .upgradeRequired {
            headers[.upgrade] = "websocket"
            headers[.secWebSocketVersion] = "13"
        }
        let body = Array(#"{"error":"#.utf8) + JSONString.quoted(refusal.reason) + [UInt8(ascii: "}")]
        return Response(status: refusal.status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    // MARK: Broadcasts over HTTP

    private struct Outgoing {
        let topic: TopicName
        let broadcast: Broadcast
    }

    @Sendable
    private func broadcast(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let token = try await sender(request, context)
        guard let json = try json(await body(request)), let messages = json["messages"]?.elements else {
            throw PublicError(.invalid, "The body must be {\"messages\": [{\"topic\", \"event\", \"payload\"}]}.")
        }
        var outgoing: [Outgoing] = []
        for message in messages {
            guard let topic = message["topic"]?.text, let event = message["event"]?.text,
                let payload = message["payload"], payload.isObject
            else { throw PublicError(.invalid, "Every message needs a topic, an event and an object as payload.") }
            let name = TopicName(name: topic, isPrivate: message["private"]?.flag ?? false)
            outgoing.append(Outgoing(topic: name, broadcast: Broadcast(event: event, content: .json(payload))))
        }
        try send(outgoing, as: token)
        return Response(status: .accepted)
    }

    @Sendable
    private func broadcastOne(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let token = try await sender(request, context)
        let topic = TopicName(
            name: try context.parameters.require("topic"),
            isPrivate: request.uri.queryParameters["private"] == "true"
        )
        let bytes = try await body(request)
        let content: Broadcast.Content
        if request.headers[.contentType]?.lowercased().hasPrefix("application/octet-stream") == true {
            content = .bytes(bytes)
        } else if let json = try json(bytes) {
            content = .json(json)
        } else {
            throw PublicError(.invalid, "The body must be JSON, or application/octet-stream.")
        }
        let broadcast = Broadcast(event: try context.parameters.require("event"), content: content)
        try send([Outgoing(topic: topic, broadcast: broadcast)], as: token)
        return Response(status: .accepted)
    }

    private func sender(_ request: Request, _ context: LabsyncContext) async throws -> VerifiedToken {
        if let token = context.token {
            try await gate.members.requireStanding(of: token.principal)
            return token
        }
        guard let key = request.headers[.apiKeyPlain] ?? request.headers[.apiKey] else { return try context.verified() }
        let token = try await gate.admit(key)
        guard !token.isReadOnly else { throw PublicError(.forbidden, "This token may only read and ask.") }
        return token
    }

    private func body(_ request: Request) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: Self.largestBody).readableBytesView)
        } catch {
            throw PublicError(.tooLarge, "The body is larger than \(Self.largestBody) bytes.")
        }
    }

    private func json(_ bytes: [UInt8]) throws -> RawJSON? {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw PublicError(.invalid, "The body is not UTF-8.")
        }
        return RawJSON(bytes)
    }

    /// All or none: what may not be said in one place is a mistake of the whole.
    private func send(_ outgoing: [Outgoing], as token: VerifiedToken) throws {
        let user = token.principal.user
        for one in outgoing where one.broadcast.content.count > RealtimeLimits.largestBroadcast {
            throw PublicError(.tooLarge, "A payload has at most \(RealtimeLimits.largestBroadcast) bytes.")
        }
        let refused = hub.change { state -> String? in
            for one in outgoing where one.topic.isPrivate {
                guard let right = TopicRight(one.topic.name), state.audience?.admits(user, to: right) == true else {
                    return one.topic.name
                }
            }
            for one in outgoing { state.broadcast(one.broadcast, on: one.topic, from: nil) }
            return nil
        }
        if let refused { throw PublicError(.forbidden, "You may not speak on the topic \(refused).") }
    }
}

extension HTTPField.Name {
    /// Names that the standard list lacks; each is a valid token.
    static let apiKey = HTTPField.Name("x-api-key") ?? .from
    static let apiKeyPlain = HTTPField.Name("apikey") ?? .from
}
