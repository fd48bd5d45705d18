import Domain
import Foundation
import NIOCore

/// One client's end of the Phoenix protocol: reads what it sends, in order, and has the hub do it.
///
/// Lives on the event loop of its socket.
final class RealtimeSocket: WebSocketPeer {
    struct Joined {
        let key: RealtimeChannel.Key
        let joinRef: [UInt8]
        let wantsAcknowledgement: Bool
    }

    let hub: RealtimeHub
    let gate: RealtimeGate
    let version: PhoenixVersion
    /// The connection's, and its text: what joins use that bring none.
    let token: VerifiedToken
    let tokenText: String
    private(set) var link: WebSocketLink?
    private(set) var key: SocketEntry.Key?
    /// By topic, `realtime:` included.
    var joined: [String: Joined] = [:]
    /// What came while a token was looked at.
    private var waiting: [PhoenixMessage] = []
    private var isBusy = false
    private var meter: RateMeter

    init(hub: RealtimeHub, gate: RealtimeGate, version: PhoenixVersion, token: VerifiedToken, tokenText: String) {
        self.hub = hub
        self.gate = gate
        self.version = version
        self.token = token
        self.tokenText = tokenText
        meter = RateMeter(perSecond: hub.limits.messagesPerSecond)
    }

    func opened(_ link: WebSocketLink) {
        self.link = link
        key = hub.change { [token, limits = hub.limits] state in
            guard state.crowding(of: token.principal.user, limits) == nil else { return nil }
            return state.open(.socket(link), token)
        }
        if key == nil { link.close(CloseCode.tryAgainLater, "too many connections") }
    }

    func closed() {
        if let key { hub.change { $0.close(key) } }
        key = nil
        link = nil
        joined = [:]
        waiting = []
    }

    func received(text: [UInt8]) {
        if let message = PhoenixMessage(text: text, version) { received(message) }
    }

    func received(binary: [UInt8]) {
        if version == .v2, let message = PhoenixMessage(binary: binary) { received(message) }
    }

    private func received(_ message: PhoenixMessage) {
        guard meter.take(now: .now()) else { return refuse(message) }
        guard !isBusy else {
            if waiting.count < RealtimeLimits.waitingMessages {
                waiting.append(message)
            } else {
                link?.close(CloseCode.policy, "too many messages before a join was answered")
            }
            return
        }
        handle(message)
    }

    private func handle(_ message: PhoenixMessage) {
        switch message.event {
        case "heartbeat" where message.topic == "phoenix": reply(to: message)
        case "phx_join": join(message)
        case "phx_leave": leave(message)
        default:
            guard let channel = joined[message.topic] else {
                return reply(to: message, error: "unmatched topic")
            }
            // Of an earlier join; clients of the first versions do not say.
            guard message.joinRef == PhoenixMessage.null || message.joinRef == channel.joinRef else { return }
            switch message.event {
            case "access_token": renew(channel, message)
            case "broadcast": broadcast(channel, message)
            case "presence": presence(channel, message)
            default: break
            }
        }
    }

    /// Beyond what a client may send a second nothing is done.
    private func refuse(_ message: PhoenixMessage) {
        guard message.ref != PhoenixMessage.null else { return }
        let isJoin = message.event == "phx_join"
        reply(
            to: message,
            error: "\(isJoin ? "ClientJoin" : "Channel")RateLimitReached: "
                + "A connection may send \(hub.limits.messagesPerSecond) messages a second"
        )
    }

    // MARK: What waits

    /// Looks at a token, with everything that is sent meanwhile left waiting.
    func check(_ text: String, then act: @escaping (RealtimeSocket, Result<VerifiedToken, any Error>) -> Void) {
        guard let link else { return }
        isBusy = true
        let loop = link.loop
        let rest = NIOLoopBound((socket: self, act: act), eventLoop: loop)
        hub.perform { [gate] in
            let result: Result<VerifiedToken, any Error>
            do {
                result = .success(try await gate.admit(text))
            } catch {
                result = .failure(error)
            }
            loop.execute {
                rest.value.act(rest.value.socket, result)
                rest.value.socket.goOn()
            }
        }
    }

    private func goOn() {
        isBusy = false
        while !isBusy, !waiting.isEmpty { handle(waiting.removeFirst()) }
    }

    // MARK: Answers

    func addressee(_ message: PhoenixMessage) -> Addressee {
        Addressee(version, topic: message.topic, joinRef: joined[message.topic]?.joinRef ?? message.joinRef)
    }

    func reply(to message: PhoenixMessage) {
        link?.send(addressee(message).reply(to: message.ref))
    }

    func reply(to message: PhoenixMessage, error reason: String, key: String = "reason") {
        link?.send(addressee(message).reply(error: reason, to: message.ref, key: key))
    }
}

/// So many messages a second, and ten times as many at once.
private struct RateMeter {
    private let perSecond: Double
    private var left: Double
    private var last = NIODeadline.now()

    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
        left = Double(perSecond) * 10
    }

    mutating func take(now: NIODeadline) -> Bool {
        left = min(perSecond * 10, left + Double((now - last).nanoseconds) / 1e9 * perSecond)
        last = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
