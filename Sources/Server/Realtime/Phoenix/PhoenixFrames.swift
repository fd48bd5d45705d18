import NIOCore

/// Where a frame goes: what is the same here is the same frame.
struct Addressee: Hashable, Sendable {
    let version: PhoenixVersion
    /// As JSON, `realtime:` included.
    let topic: [UInt8]
    /// As JSON. The first version does not show it.
    let joinRef: [UInt8]

    init(_ version: PhoenixVersion, topic: String, joinRef: [UInt8]) {
        self.version = version
        self.topic = JSONString.quoted(topic)
        // So that everybody of a topic shares frames.
        self.joinRef = version == .v1 ? [] : joinRef
    }

    /// A text frame with an event; `ref` and `payload` are JSON.
    func frame(_ event: StaticString, ref: [UInt8] = PhoenixMessage.null, _ payload: [UInt8]) -> ByteBuffer {
        var text: [UInt8] = []
        text.reserveCapacity(payload.count + topic.count + joinRef.count + ref.count + 64)
        switch version {
        case .events: return ByteBuffer()
        case .v1:
            text += #"{"topic":"#.utf8
            text += topic
            text += #","event":""#.utf8
            event.withUTF8Buffer { text += $0 }
            text += #"","payload":"#.utf8
            text += payload
            text += #","ref":"#.utf8
            text += ref
            text.append(UInt8(ascii: "}"))
        case .v2:
            text.append(UInt8(ascii: "["))
            text += joinRef
            text.append(UInt8(ascii: ","))
            text += ref
            text.append(UInt8(ascii: ","))
            text += topic
            text += ",\"".utf8
            event.withUTF8Buffer { text += $0 }
            text += "\",".utf8
            text += payload
            text.append(UInt8(ascii: "]"))
        }
        return FrameBytes.frame(.text, text)
    }

    func reply(ok response: String = "{}", to ref: [UInt8]) -> ByteBuffer {
        frame("phx_reply", ref: ref, Array(#"{"status":"ok","response":\#(response)}"#.utf8))
    }

    func reply(error reason: String, to ref: [UInt8], key: String = "reason") -> ByteBuffer {
        let text = JSONString.quoted(reason)
        return frame(
            "phx_reply",
            ref: ref,
            Array(#"{"status":"error","response":{"\#(key)":"#.utf8) + text + Array("}}".utf8)
        )
    }

    /// - Parameter channel: the topic without `realtime:`.
    func system(_ extension: String, isError: Bool, _ message: String, channel: String) -> ByteBuffer {
        var payload = Array(#"{"extension":"\#(`extension`)","status":"\#(isError ? "error" : "ok")","message":"#.utf8)
        JSONString.append(message, to: &payload)
        payload += #","channel":"#.utf8
        JSONString.append(channel, to: &payload)
        payload.append(UInt8(ascii: "}"))
        return frame("system", payload)
    }

    /// Nil for bytes that the first version has no way to send.
    func broadcast(_ broadcast: Broadcast) -> ByteBuffer? {
        switch broadcast.content {
        case .json(let json):
            var payload = Array(#"{"event":"#.utf8)
            payload.reserveCapacity(json.bytes.count + 64)
            JSONString.append(broadcast.event, to: &payload)
            payload += #","payload":"#.utf8
            payload += json.bytes
            payload += #","type":"broadcast"}"#.utf8
            return frame("broadcast", payload)
        case .bytes(let bytes):
            guard version == .v2 else { return nil }
            let (topic, event) = (JSONString.unquoted(topic[...]).utf8, broadcast.event.utf8)
            guard topic.count <= 255, event.count <= 255 else { return nil }
            // 4, three lengths, the encoding (0: bytes), the texts; no metadata.
            let head = [4, UInt8(topic.count), UInt8(event.count), 0, 0]
            return FrameBytes.frame(.binary, head + Array(topic) + Array(event) + bytes)
        }
    }
}
