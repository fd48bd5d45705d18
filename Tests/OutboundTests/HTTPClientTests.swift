import Foundation
import Outbound
import Synchronization
import Testing

/// A transfer ends with its reader: nobody's server is left speaking to nobody.
struct HTTPClientTests {
    private let client = HTTPClient()

    @Test func `letting go of a body ends the transfer`() async throws {
        let server = try SpeakingServer()
        try await read(1, of: server)
        #expect(await server.isLeft(within: .seconds(60)))
    }

    @Test func `cancelling its reader ends the transfer`() async throws {
        let server = try SpeakingServer()
        let reading = Task { try await read(.max, of: server) }
        #expect(await server.isCalled(within: .seconds(60)))
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(await server.isLeft(within: .seconds(60)))
    }

    @Test func `who is cancelled before the call does not call`() async throws {
        let server = try SpeakingServer()
        for _ in 0..<200 {
            let reading = Task { try await read(.max, of: server) }
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
        }
        #expect(await server.isLeft(within: .seconds(60)))
    }

    @Test func `a body is read on when its client is let go`() async throws {
        let server = try SpeakingServer()
        do {
            let reply = try await HTTPClient().send(HTTPCall("GET", "http://127.0.0.1:\(server.port)/"))
            for _ in 0..<20 { _ = try #require(try await reply.body.next()) }
        }
        #expect(await server.isLeft(within: .seconds(60)))
    }

    private func read(_ count: Int, of server: SpeakingServer) async throws {
        let reply = try await client.send(HTTPCall("GET", "http://127.0.0.1:\(server.port)/"))
        for _ in 0..<count { _ = try #require(try await reply.body.next()) }
    }
}

/// Answers every call with a body that never ends.
private final class SpeakingServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let calls = Mutex((begun: 0, ended: 0))

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            while case let call = accept(listener, nil, nil), call >= 0 {
                Thread.detachNewThread { self.speak(to: call) }
            }
        }
    }

    private func speak(to call: Int32) {
        calls.withLock { $0.begun += 1 }
        var words = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        // The flag: a broken pipe is an error here and not a signal.
        while send(call, words, words.utf8.count, Int32(MSG_NOSIGNAL)) > 0 {
            words = "and on "
            usleep(10_000)
        }
        close(call)
        calls.withLock { $0.ended += 1 }
    }

    func isCalled(within time: Duration) async -> Bool { await poll(time) { $0.begun > 0 } }

    /// Nobody listens any more.
    func isLeft(within time: Duration) async -> Bool { await poll(time) { $0.begun == $0.ended } }

    private func poll(_ time: Duration, _ isSo: ((begun: Int, ended: Int)) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + time
        while ContinuousClock.now < deadline {
            if calls.withLock({ isSo($0) }) { return true }
            try? await Task.sleep(for: .milliseconds(5))  // Not cancelled.
        }
        return false
    }
}
