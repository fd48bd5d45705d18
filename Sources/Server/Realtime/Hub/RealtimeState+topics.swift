import Domain
import NIOCore

/// Broadcast and presence.
extension RealtimeState {
    /// - Parameter sender: nil for what came over HTTP.
    mutating func broadcast(_ broadcast: Broadcast, on topic: TopicName, from sender: RealtimeChannel.Key?) {
        fanOut(on: topic) { key, channel in
            key != sender || channel.hearsItself
        } frame: {
            $0.broadcast(broadcast)
        }
    }

    /// Sends everybody of a topic who is meant the same; each frame is made once.
    private mutating func fanOut(
        on topic: TopicName,
        to isMeant: (RealtimeChannel.Key, RealtimeChannel) -> Bool,
        frame: (Addressee) -> ByteBuffer?
    ) {
        var made: [Addressee: ByteBuffer?] = [:]
        for key in topics[topic]?.channels ?? [] {
            guard let channel = channels[key], isMeant(key, channel) else { continue }
            let buffer: ByteBuffer?
            if let known = made[channel.addressee] {
                buffer = known
            } else {
                buffer = frame(channel.addressee)
                made.updateValue(buffer, forKey: channel.addressee)
            }
            if let buffer { send(buffer, channel.line) }
        }
    }

    // MARK: Presence

    /// - Parameter payload: an object.
    mutating func track(_ key: RealtimeChannel.Key, _ payload: RawJSON) {
        guard var channel = channels[key] else { return }
        channel.hasPresence = true
        channels[key] = channel
        let before = topics[channel.topic]?.presences[key]
        let now = Topic.Presence(key: channel.presenceKey, meta: meta(payload))
        topics[channel.topic]?.presences[key] = now
        tell(channel.topic, joins: [now], leaves: before.map { [$0] } ?? [])
    }

    mutating func untrack(_ key: RealtimeChannel.Key) {
        guard let channel = channels[key], let gone = topics[channel.topic]?.presences.removeValue(forKey: key) else {
            return
        }
        tell(channel.topic, joins: [], leaves: [gone])
    }

    /// Everybody who is present, in frames of a size that clients take.
    mutating func sendPresences(to channel: RealtimeChannel) {
        var rest = Array((topics[channel.topic]?.presences ?? [:]).values)[...]
        var isFirst = true
        repeat {
            var size = 0
            let part = rest.prefix { presence in
                size += presence.meta.count + presence.key.utf8.count + 32
                return size < RealtimeLimits.largestBroadcast
            }
            rest = rest.dropFirst(part.count)
            let state = Self.state(Array(part))
            let frame =
                if isFirst {
                    channel.addressee.frame("presence_state", state)
                } else {
                    channel.addressee.frame("presence_diff", Self.diff(joins: state, leaves: Self.state([])))
                }
            send(frame, channel.line)
            isFirst = false
        } while !rest.isEmpty
    }

    private mutating func tell(_ topic: TopicName, joins: [Topic.Presence], leaves: [Topic.Presence]) {
        let diff = Self.diff(joins: Self.state(joins), leaves: Self.state(leaves))
        fanOut(on: topic) {
            $1.hasPresence
        } frame: {
            $0.frame("presence_diff", diff)
        }
    }

    /// What is shown, with the reference by which clients tell one presence from another.
    private mutating func meta(_ payload: RawJSON) -> [UInt8] {
        var bytes = Array(#"{"phx_ref":"\#(epoch)\#(String(nextKey(), radix: 36))""#.utf8)
        for member in payload.members ?? [] where !member.name.hasPrefix("phx_ref") {
            bytes.append(UInt8(ascii: ","))
            JSONString.append(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            bytes += member.value.bytes
        }
        return bytes + [UInt8(ascii: "}")]
    }

    private static func state(_ presences: [Topic.Presence]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (key, presences) in Dictionary(grouping: presences, by: \.key) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            JSONString.append(key, to: &bytes)
            bytes += #":{"metas":["#.utf8
            bytes += presences.map(\.meta).joined(separator: [UInt8(ascii: ",")])
            bytes += "]}".utf8
        }
        return bytes + [UInt8(ascii: "}")]
    }

    private static func diff(joins: [UInt8], leaves: [UInt8]) -> [UInt8] {
        Array(#"{"joins":"#.utf8) + joins + Array(#","leaves":"#.utf8) + leaves + [UInt8(ascii: "}")]
    }
}
