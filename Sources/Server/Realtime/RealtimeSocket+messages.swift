import Domain
import Foundation

extension RealtimeSocket {
    static let prefix = "realtime:"

    func join(_ message: PhoenixMessage) {
        guard message.topic.hasPrefix(Self.prefix) else {
            return reply(to: message, error: "unmatched topic")
        }
        let request = JoinRequest(message.json)
        check(request.token ?? tokenText) { socket, result in
            switch result {
            case .success(let token): socket.join(message, request, token)
            case .failure(let error):
                socket.drop(message.topic)
                socket.reply(to: message, error: RealtimeGate.reason(error))
            }
        }
    }

    private func join(_ message: PhoenixMessage, _ request: JoinRequest, _ token: VerifiedToken) {
        drop(message.topic)
        // The reference of a join is the join's own.
        let joinRef = message.joinRef == PhoenixMessage.null ? message.ref : message.joinRef
        guard let key else { return }
        let join = RealtimeState.Join(
            socket: key,
            addressee: Addressee(version, topic: message.topic, joinRef: joinRef),
            ref: message.ref,
            topic: String(message.topic.dropFirst(Self.prefix.count)),
            request: request,
            token: token
        )
        let channel = hub.change { [limits = hub.limits] in $0.join(join, limits: limits) }
        joined[message.topic] = channel.map {
            Joined(key: $0, joinRef: joinRef, wantsAcknowledgement: request.wantsAcknowledgement)
        }
    }

    /// Ends an earlier join of the same topic. Clients of the first version could not tell that from the end of their new
    /// one, so that they are not told.
    private func drop(_ topic: String) {
        guard let earlier = joined.removeValue(forKey: topic) else { return }
        let addressee = Addressee(version, topic: topic, joinRef: earlier.joinRef)
        hub.change { state in
            guard let channel = state.channels[earlier.key] else { return }
            state.remove(earlier.key)
            guard addressee.version == .v2 else { return }
            state.send(addressee.frame("phx_close", ref: earlier.joinRef, Array("{}".utf8)), channel.line)
        }
    }

    func leave(_ message: PhoenixMessage) {
        reply(to: message)
        guard let channel = joined.removeValue(forKey: message.topic) else { return }
        hub.change { $0.remove(channel.key) }
        let addressee = Addressee(version, topic: message.topic, joinRef: channel.joinRef)
        link?.send(addressee.frame("phx_close", ref: channel.joinRef, Array("{}".utf8)))
    }

    func renew(_ channel: Joined, _ message: PhoenixMessage) {
        guard let text = message.json?["access_token"]?.text, !text.hasPrefix("sb_") else { return }
        check(text) { socket, result in
            switch result {
            case .success(let token): socket.hub.change { $0.renew(channel.key, token) }
            case .failure(let error):
                let reason = RealtimeGate.reason(error)
                socket.hub.change { $0.end(channel.key, because: reason) }
            }
        }
    }

    // MARK: What programs say to each other

    func broadcast(_ channel: Joined, _ message: PhoenixMessage) {
        guard let broadcast = Self.broadcast(message.payload) else { return }
        guard broadcast.content.count <= RealtimeLimits.largestBroadcast else {
            if channel.wantsAcknowledgement { reply(to: message, error: "payload_size_exceeded", key: "error") }
            return
        }
        let isDone = hub.change { state in
            guard let sender = state.channels[channel.key] else { return false }
            if !sender.token.isReadOnly { state.broadcast(broadcast, on: sender.topic, from: channel.key) }
            return true
        }
        if !isDone {
            reply(to: message, error: "unmatched topic")
        } else if channel.wantsAcknowledgement {
            reply(to: message)
        }
    }

    private static func broadcast(_ payload: PhoenixMessage.Payload) -> Broadcast? {
        switch payload {
        case .broadcast(let event, let content): return Broadcast(event: event, content: content)
        case .json(let json):
            guard let event = json["event"]?.text, let content = json["payload"] ?? RawJSON(Array("{}".utf8)) else {
                return nil
            }
            return Broadcast(event: event, content: .json(content))
        }
    }

    func presence(_ channel: Joined, _ message: PhoenixMessage) {
        guard let json = message.json, let event = json["event"]?.text?.lowercased() else { return }
        let shown = json["payload"]
        if event == "track" {
            guard shown?.isObject ?? true else {
                return reply(to: message, error: "InvalidPresence: what is tracked must be an object")
            }
            guard (shown?.bytes.count ?? 0) <= RealtimeLimits.largestPresence else {
                return reply(
                    to: message,
                    error: "InvalidPresence: what is tracked has at most \(RealtimeLimits.largestPresence) bytes"
                )
            }
        }
        let isDone = hub.change { state in
            guard let teller = state.channels[channel.key] else { return false }
            state.send(addressee(message).reply(to: message.ref), teller.line)
            switch event {
            case "track" where !teller.token.isReadOnly:
                if let shown = shown ?? RawJSON(Array("{}".utf8)) { state.track(channel.key, shown) }
            case "untrack": state.untrack(channel.key)
            default: break
            }
            return true
        }
        if !isDone { reply(to: message, error: "unmatched topic") }
    }
}
