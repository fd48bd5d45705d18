import Foundation
import Synchronization

/// An OpenAI-compatible server: address, key, patience, and what it did lately.
public final class Upstream: Sendable {
    private let client: HTTPClient
    private let baseURL: String
    private let key: String?
    private let timeout: Duration
    private let retries: RetryPolicy
    private let breaker = Mutex(CircuitBreaker())

    /// - Parameters:
    ///   - baseURL: ends in `/v1` as a rule.
    ///   - key: sent as a bearer token, and written nowhere.
    public convenience init(client: HTTPClient, baseURL: String, key: String?, timeout: Duration) {
        self.init(client: client, baseURL: baseURL, key: key, timeout: timeout, retries: RetryPolicy())
    }

    package init(client: HTTPClient, baseURL: String, key: String?, timeout: Duration, retries: RetryPolicy) {
        self.client = client
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.key = key
        self.timeout = timeout
        self.retries = retries
    }

    /// Posts JSON and passes the reply on to `read`; tries again what failed in passing.
    ///
    /// `read` must not have shown anything to anybody when it throws.
    func post<Result: Sendable>(
        _ path: String,
        _ body: Data,
        isolation: isolated (any Actor)? = #isolation,
        _ read: (HTTPReply) async throws -> Result
    ) async throws -> Result {
        var attempt = 0
        while true {
            guard breaker.withLock({ $0.allows(at: .now) }) else { throw OutboundError.circuitOpen }
            do {
                let reply = try await client.send(call(path, body))
                guard (200..<300).contains(reply.status) else {
                    throw OutboundError.status(reply.status, retryAfter: RetryAfter.parse(reply.headers["retry-after"]))
                }
                let result = try await read(reply)
                breaker.withLock { $0.succeeded() }
                return result
            } catch let error as OutboundError {
                // A request that is wrong says nothing about the server's health.
                if error.isTransient { breaker.withLock { $0.failed(at: .now) } }
                guard let delay = retries.delay(after: error, attempt: attempt, chance: .random(in: 0..<1)) else {
                    throw error
                }
                try await Task.sleep(for: delay)
                attempt += 1
            }
        }
    }

    private func call(_ path: String, _ body: Data) -> HTTPCall {
        var headers = ["Content-Type": "application/json", "Accept": "application/json, text/event-stream"]
        if let key { headers["Authorization"] = "Bearer \(key)" }
        return HTTPCall("POST", baseURL + path, headers: headers, body: body, deadline: timeout, patience: timeout)
    }
}
