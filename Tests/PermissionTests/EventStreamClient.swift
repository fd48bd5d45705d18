import Foundation

/// Reads server-sent events by hand.
final class EventStreamClient {
    struct Event {
        let id: String
        let name: String
        let data: String
    }

    private let socket: RawSocket
    private var text: [UInt8] = []
    private(set) var events: [Event] = []
    var isClosed: Bool { socket.isClosed }

    /// - Parameter last: an event's id, to be told what came after it.
    init(port: Int, path: String, token: String, after last: String? = nil) async throws {
        socket = try RawSocket(port: port)
        let resuming = last.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        socket.send(
            Array("GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\(resuming)\r\n".utf8)
        )
        let head = try await socket.head()
        guard head.hasPrefix("HTTP/1.1 200") else { throw RawSocket.Refused(head: head) }
    }

    /// Reads until an event is as wanted, and takes everything up to it.
    func take(seconds: Double = 10, until isWanted: (Event) -> Bool) async throws -> [Event] {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            receive()
            if let place = events.firstIndex(where: isWanted) {
                defer { events.removeFirst(place + 1) }
                return Array(events[...place])
            }
            guard ContinuousClock.now < deadline, !isClosed else { throw RawSocket.Refused(head: "closed or too late") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Takes what has come by now.
    func takeAll() -> [Event] {
        receive()
        defer { events = [] }
        return events
    }

    private func receive() {
        socket.receive()
        while let chunk = nextChunk() { text += chunk }
        let end = Array("\n\n".utf8)
        while let found = text.firstRange(of: end) {
            take(String(decoding: text[..<found.lowerBound], as: UTF8.self))
            text.removeFirst(found.upperBound)
        }
    }

    /// Of the chunked transfer coding; nil until it is complete.
    private func nextChunk() -> [UInt8]? {
        guard let line = socket.unread.firstRange(of: Array("\r\n".utf8)),
            let size = Int(String(decoding: socket.unread[..<line.lowerBound], as: UTF8.self), radix: 16),
            socket.unread.count >= line.upperBound + size + 2
        else { return nil }
        defer { socket.unread.removeFirst(line.upperBound + size + 2) }
        return size == 0 ? nil : Array(socket.unread[line.upperBound..<(line.upperBound + size)])
    }

    private func take(_ event: String) {
        var fields: [String: String] = [:]
        for line in event.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        guard let name = fields["event"] else { return }
        events.append(Event(id: fields["id"] ?? "", name: name, data: fields["data"] ?? ""))
    }
}
