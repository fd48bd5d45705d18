import Foundation
import Glibc

/// A connection to this machine that never blocks.
final class RawSocket {
    struct Refused: Error {
        let head: String
    }

    /// What came and was not taken yet.
    var unread: [UInt8] = []
    private(set) var isClosed = false
    private let descriptor: Int32

    init(port: Int) throws {
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
    }

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func receive() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count == 0 { isClosed = true }
            guard count > 0 else { return }
            unread += buffer[..<count]
        }
    }

    /// Waits for the head of an HTTP answer and takes it.
    func head() async throws -> String {
        let end = Array("\r\n\r\n".utf8)
        for _ in 0..<1000 where !unread.contains(end) {
            receive()
            try await Task.sleep(for: .milliseconds(5))
        }
        guard let found = unread.firstRange(of: end) else { throw Refused(head: "no answer") }
        defer { unread = Array(unread[found.upperBound...]) }
        return String(decoding: unread[..<found.lowerBound], as: UTF8.self)
    }
}
