import Foundation
import Glibc

/// A websocket by hand, without a library in between: joins topics and gathers what it is told.
final class RealtimeClient {
    struct Message {
        let topic: String
        let event: String
        let payload: [String: Any]
        let text: String
    }

    struct Refused: Error {
        let head: String
    }

    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var nextReference = 0
    /// What was read and not looked at yet.
    private(set) var messages: [Message] = []
    private(set) var isClosed = false

    init(port: Int, token: String) async throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Refused(head: "no connection") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        send(
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
        let end = Array("\r\n\r\n".utf8)
        for _ in 0..<1000 where !unread.contains(end) {
            receive()
            try await Task.sleep(for: .milliseconds(5))
        }
        guard let head = unread.firstRange(of: end) else { throw Refused(head: "no answer") }
        let text = String(decoding: unread[..<head.lowerBound], as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 101") else { throw Refused(head: text) }
        unread = Array(unread[head.upperBound...])
    }

    deinit { Glibc.close(descriptor) }

    func push(_ topic: String, _ event: String, _ payload: [String: Any]) throws {
        nextReference += 1
        let message: [String: Any] = [
            "topic": topic, "event": event, "payload": payload, "ref": "\(nextReference)",
        ]
        let text = Array(try JSONSerialization.data(withJSONObject: message))
        // A masked text frame; a mask of zeros is a mask.
        let size: [UInt8] =
            text.count < 126 ? [0x80 | UInt8(text.count)] : [0xfe, UInt8(text.count >> 8), UInt8(text.count & 255)]
        send([0x81] + size + [0, 0, 0, 0] + text)
    }

    /// Reads until a message is as wanted, and takes everything up to it.
    func take(seconds: Double = 10, until isWanted: (Message) -> Bool) async throws -> [Message] {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            receive()
            decode()
            if let place = messages.firstIndex(where: isWanted) {
                defer { messages.removeFirst(place + 1) }
                return Array(messages[...place])
            }
            guard ContinuousClock.now < deadline, !isClosed else { throw Refused(head: "closed or too late") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Whether a join was granted.
    func join(_ topic: String, _ config: [String: Any]) async throws -> Bool {
        try push("realtime:\(topic)", "phx_join", ["config": config])
        let reply = try await take { $0.event == "phx_reply" }.last
        return reply?.payload["status"] as? String == "ok"
    }

    private func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { isClosed = true }
            guard count > 0 else { return }
            unread += buffer[..<count]
        }
    }

    private func decode() {
        while unread.count >= 2 {
            var (size, start) = (Int(unread[1]), 2)
            if size >= 126 {
                start = size == 126 ? 4 : 10
                guard unread.count >= start else { return }
                size = unread[2..<start].reduce(0) { $0 << 8 | Int($1) }
            }
            guard unread.count >= start + size else { return }
            if unread[0] == 0x88 { isClosed = true }
            take(Array(unread[start..<(start + size)]))
            unread.removeFirst(start + size)
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
