import Domain
import Synchronization

/// Slows guessing: after a few failures for one account or from one address, each next try waits twice as long.
final class SignInLimiter: Sendable {
    private static let free = 5
    private static let longestWait: Duration = .seconds(900)
    private static let most = 20_000

    private struct Failures {
        var count = 0
        var until = ContinuousClock.now
    }

    private let failures = Mutex<[String: Failures]>([:])

    /// - Throws: `PublicError(.tooManyRequests)` while a key has to wait.
    func require(_ keys: [String]) throws {
        let now = ContinuousClock.now
        let wait = failures.withLock { failures in
            keys.compactMap { failures[$0]?.until }.map { $0 - now }.max() ?? .zero
        }
        guard wait <= .zero else {
            let seconds = max(1, Int(wait.components.seconds) + 1)
            throw PublicError(
                .tooManyRequests,
                "Too many failed sign-ins. Try again in \(seconds) seconds.",
                retryAfter: seconds
            )
        }
    }

    func fail(_ keys: [String]) {
        let now = ContinuousClock.now
        failures.withLock { failures in
            if failures.count > Self.most { failures = failures.filter { $0.value.until > now } }
            for key in keys {
                var entry = failures[key] ?? Failures()
                entry.count += 1
                if entry.count >= Self.free {
                    let wait = Duration.seconds(1 << min(entry.count - Self.free, 10))
                    entry.until = now + min(wait, Self.longestWait)
                }
                failures[key] = entry
            }
        }
    }

    func succeed(_ key: String) {
        failures.withLock { $0[key] = nil }
    }
}
