public import Foundation

/// Cuts a server-sent event stream into the data of its events.
public struct EventStream: Sendable {
    /// Bytes of one event; more is not a reply but an attack or a fault.
    public static let longestEvent = 1 << 20

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var endedInReturn = false

    public init() {}

    public mutating func read(_ bytes: Data) throws -> [String] {
        var events: [String] = []
        for byte in bytes {
            // "\r\n" is one line break.
            if byte == 0x0a, endedInReturn {
                endedInReturn = false
                continue
            }
            endedInReturn = byte == 0x0d
            if byte == 0x0a || byte == 0x0d {
                if let event = endLine() { events.append(event) }
            } else {
                line.append(byte)
            }
            guard line.count + data.count <= Self.longestEvent else {
                throw OutboundError.tooLarge(limit: Self.longestEvent)
            }
        }
        return events
    }

    private mutating func endLine() -> String? {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty {
            defer {
                data.removeAll(keepingCapacity: true)
                hasData = false
            }
            return hasData ? String(decoding: data, as: UTF8.self) : nil
        }
        guard line.starts(with: Array("data:".utf8)) else { return nil }
        if hasData { data.append(0x0a) }
        hasData = true
        let value = line.dropFirst(5)
        data += value.first == 0x20 ? value.dropFirst() : value
        return nil
    }
}
