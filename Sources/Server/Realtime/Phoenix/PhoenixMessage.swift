/// How messages are framed: by the `vsn` that a client connects with.
enum PhoenixVersion: Hashable, Sendable {
    /// Objects, in text frames only.
    case v1
    /// Lists, and binary frames for what people's programs send each other.
    case v2
    /// Server-sent events, which are only read.
    case events

    /// Without one it is the first; nil for what nobody speaks.
    init?(_ text: String?) {
        switch text {
        case nil, "", "1.0.0": self = .v1
        case "2.0.0": self = .v2
        default: return nil
        }
    }
}

/// What a client sends on a topic.
struct PhoenixMessage {
    enum Payload {
        case json(RawJSON)
        /// Of a broadcast that came in a binary frame.
        case broadcast(event: String, Broadcast.Content)
    }

    /// Bytes that a reference may have: it is sent back as it came.
    private static let longestReference = 64
    private static let longestTopic = 255

    /// As JSON: a text, a number or null.
    let joinRef: [UInt8]
    let ref: [UInt8]
    let topic: String
    let event: String
    let payload: Payload

    static let null = Array("null".utf8)

    var json: RawJSON? {
        guard case .json(let json) = payload else { return nil }
        return json
    }

    /// Nil for what is no message, which is dropped.
    init?(text: [UInt8], _ version: PhoenixVersion) {
        guard let json = RawJSON(text) else { return nil }
        switch version {
        case .events: return nil
        case .v1:
            guard let members = json.members else { return nil }
            func member(_ name: String) -> RawJSON? { members.last { $0.name == name }?.value }
            guard let ref = member("ref") else { return nil }
            self.init(member("join_ref"), ref, member("topic"), member("event"), member("payload"))
        case .v2:
            guard let items = json.elements, items.count >= 5 else { return nil }
            self.init(items[0], items[1], items[2], items[3], items[4])
        }
    }

    private init?(_ joinRef: RawJSON?, _ ref: RawJSON, _ topic: RawJSON?, _ event: RawJSON?, _ payload: RawJSON?) {
        guard let topic = topic?.text, let event = event?.text, let payload,
            topic.utf8.count <= Self.longestTopic, event.utf8.count <= Self.longestTopic,
            let joinRef = Self.reference(joinRef), let ref = Self.reference(ref)
        else { return nil }
        self.joinRef = joinRef
        self.ref = ref
        self.topic = topic
        self.event = event
        self.payload = .json(payload)
    }

    private static func reference(_ json: RawJSON?) -> [UInt8]? {
        guard let json else { return null }
        guard json.bytes.count <= longestReference, json.elements == nil, !json.isObject else { return nil }
        return Array(json.bytes)
    }

    /// A binary frame of the second version: `3`, five lengths, the encoding, five texts, the payload.
    init?(binary: [UInt8]) {
        guard binary.count >= 7, binary[0] == 3 else { return nil }
        let lengths = binary[1...5].map(Int.init)
        guard binary.count >= 7 + lengths.reduce(0, +) else { return nil }
        var rest = binary.dropFirst(7)
        let texts = lengths.map { length in
            defer { rest = rest.dropFirst(length) }
            return String(validating: rest.prefix(length), as: UTF8.self)
        }
        guard let joinRef = texts[0], let ref = texts[1], let topic = texts[2], let userEvent = texts[3] else {
            return nil
        }
        self.joinRef = joinRef.isEmpty ? Self.null : JSONString.quoted(joinRef)
        self.ref = ref.isEmpty ? Self.null : JSONString.quoted(ref)
        self.topic = topic
        event = "broadcast"
        switch binary[6] {
        case 0: payload = .broadcast(event: userEvent, .bytes(Array(rest)))
        case 1:
            guard String(validating: rest, as: UTF8.self) != nil, let json = RawJSON(Array(rest)) else { return nil }
            payload = .broadcast(event: userEvent, .json(json))
        default: return nil
        }
    }
}

/// What one program says to the others on a topic.
struct Broadcast: Sendable {
    enum Content: Sendable {
        case json(RawJSON)
        case bytes([UInt8])

        var count: Int {
            switch self {
            case .json(let json): json.bytes.count
            case .bytes(let bytes): bytes.count
            }
        }
    }

    let event: String
    let content: Content
}
