import Foundation

/// A websocket by hand, without a library in between: joins topics and gathers what it is told.
final class RealtimeClient {
    struct Message {
        let topic: String
        let event: String
        let payload: [String: Any]
        let text: String
    }

    private let socket: RawSocket
    private var nextReference = 0
    /// What was read and not looked at yet.
    private(set) var messages: [Message] = []
    private var hasSaidGoodbye = false
    var isClosed: Bool { hasSaidGoodbye || socket.isClosed }

    init(port: Int, token: String) async throws {
        socket = try RawSocket(port: port)
        socket.send(
            Array(
                """
                GET /realtime/v1/websocket?apikey=\(token) HTTP/1.1\r
                Host: 127.0.0.1:\(port)\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
                \r

                """.utf8
            )
        )
        let head = try await socket.head()
        guard head.hasPrefix("HTTP/1.1 101") else { throw RawSocket.Refused(head: head) }
    }

    func push(_ topic: String, _ event: String, _ payload: [String: Any]) throws {
        nextReference += 1
        let message: [String: Any] = [
            "topic": topic, "event": event, "payload": payload, "ref": "\(nextReference)",
        ]
        let text = Array(try JSONSerialization.data(withJSONObject: message))
        // A masked text frame; a mask of zeros is a mask.
        let size: [UInt8] =
            text.count < 126 ? [0x80 | UInt8(text.count)] : [0xfe, UInt8(text.count >> 8), UInt8(text.count & 255)]
        socket.send([0x81] + size + [0, 0, 0, 0] + text)
    }

    /// Reads until a message is as wanted, and takes everything up to it.
    func take(seconds: Double = 10, until isWanted: (Message) -> Bool) async throws -> [Message] {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            socket.receive()
            decode()
            if let place = messages.firstIndex(where: isWanted) {
                defer { messages.removeFirst(place + 1) }
                return Array(messages[...place])
            }
            guard ContinuousClock.now < deadline, !isClosed else { throw RawSocket.Refused(head: "closed or too late") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Whether a join was granted.
    func join(_ topic: String, _ config: [String: Any]) async throws -> Bool {
        try push("realtime:\(topic)", "phx_join", ["config": config])
        let reply = try await take { $0.event == "phx_reply" }.last
        return reply?.payload["status"] as? String == "ok"
    }

    private func decode() {
        while socket.unread.count >= 2 {
            var (size, start) = (Int(socket.unread[1]), 2)
            if size >= 126 {
                start = size == 126 ? 4 : 10
                guard socket.unread.count >= start else { return }
                size = socket.unread[2..<start].reduce(0) { $0 << 8 | Int($1) }
            }
            guard socket.unread.count >= start + size else { return }
            if socket.unread[0] == 0x88 { hasSaidGoodbye = true }
            take(Array(socket.unread[start..<(start + size)]))
            socket.unread.removeFirst(start + size)
        }
    }

    private func take(_ text: [UInt8]) {
        guard let json = try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any],
            let topic = json["topic"] as? String, let event = json["event"] as? String
        else { return }
        messages.append(
            Message(
                topic: topic,
                event: event,
                payload: json["payload"] as? [String: Any] ?? [:],
                text: String(decoding: text, as: UTF8.self)
            )
        )
    }
}
