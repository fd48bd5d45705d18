import Foundation
import Glibc

/// A connection to ClamAV's daemon; closed when it is let go. Its calls wait: only threads of our own make them.
final class ClamdConnection: Sendable {
    /// Seconds that the daemon may take to accept bytes, or to think about them.
    private static let patience = 120
    private static let longestReply = 4096

    private let descriptor: CInt

    init(to address: Clamd.Address) throws {
        descriptor =
            switch address {
            case .socket(let path): try Self.open(path: path)
            case .host(let host, let port): try Self.open(host: host, port: port)
            }
    }

    deinit { close(descriptor) }

    func send(_ bytes: Data) throws {
        try bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let count = Glibc.send(
                    descriptor,
                    buffer.baseAddress.map { $0 + sent },
                    buffer.count - sent,
                    CInt(MSG_NOSIGNAL)
                )
                if count < 0 {
                    guard errno == EINTR else { throw Self.failure("does not take what is sent") }
                } else {
                    sent += count
                }
            }
        }
    }

    /// Up to the NUL that ends it.
    func reply() throws -> String {
        var reply: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 512)
        while reply.count < Self.longestReply {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("does not answer") }
            reply += piece.prefix(count)
            if let end = reply.firstIndex(of: 0) { return String(decoding: reply[..<end], as: UTF8.self) }
        }
        throw ClamdFailure(reason: "answers at too great length")
    }

    // MARK: Connecting

    private static func open(path: String) throws -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < room else { throw ClamdFailure(reason: "has too long a path") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = try socket(AF_UNIX)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard outcome == 0 else { throw closing(descriptor) }
        return descriptor
    }

    private static func open(host: String, port: UInt16) throws -> CInt {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let first = found else {
            throw ClamdFailure(reason: "has no address")
        }
        defer { freeaddrinfo(first) }
        var failure: any Error = ClamdFailure(reason: "has no address")
        for info in sequence(first: first, next: { $0.pointee.ai_next }) {
            let descriptor = try socket(info.pointee.ai_family)
            if connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0 { return descriptor }
            failure = closing(descriptor)
        }
        throw failure
    }

    private static func socket(_ family: CInt) throws -> CInt {
        let descriptor = Glibc.socket(family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("cannot be asked") }
        var time = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        return descriptor
    }

    private static func closing(_ descriptor: CInt) -> ClamdFailure {
        let failure = failure("cannot be reached")
        close(descriptor)
        return failure
    }

    private static func failure(_ reason: String) -> ClamdFailure {
        ClamdFailure(reason: "\(reason): \(String(cString: strerror(errno)))")
    }
}
