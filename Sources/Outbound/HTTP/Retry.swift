import Foundation
public import Ingest

/// When a failed call is tried again, and when no call is tried at all. No clocks in here: times are passed in.
package struct RetryPolicy: Sendable {
    package var attempts = 3
    package var first: Duration = .milliseconds(500)
    package var longest: Duration = .seconds(8)
    /// A server that wants more patience than this is taken for down.
    package var longestRetryAfter: Duration = .seconds(20)

    package init() {}

    /// - Parameters:
    ///   - attempt: from 0, the one that failed.
    ///   - chance: uniform in 0..<1.
    /// - Returns: nil when it should not be tried again.
    package func delay(after error: any Error, attempt: Int, chance: Double) -> Duration? {
        guard attempt + 1 < attempts, let failure = error as? OutboundError, failure.isTransient else { return nil }
        if case .status(_, let asked?) = failure { return asked <= longestRetryAfter ? asked : nil }
        let ceiling = min(longest, first * (1 << min(attempt, 16)))
        // Between half and whole, so that those who failed together do not come back together.
        return ceiling * (0.5 + 0.5 * chance)
    }
}

extension OutboundError {
    package var isTransient: Bool {
        switch self {
        case .connection, .deadlineExceeded: true
        case .status(let status, _): status == 408 || status == 429 || status >= 500
        case .tooLarge, .malformed, .circuitOpen: false
        }
    }
}

extension OutboundError: PassingFailure {
    /// The server is away, slow or busy, or was so just now.
    public var isPassing: Bool { isTransient || self == .circuitOpen }
}

/// Stops calling a server that keeps failing, and tries it again with one call after a while.
package struct CircuitBreaker: Sendable {
    package static let failuresToOpen = 5
    package static let pause: Duration = .seconds(15)

    private var failures = 0
    private var opened: ContinuousClock.Instant?

    package init() {}

    package mutating func allows(at now: ContinuousClock.Instant) -> Bool {
        guard let opened else { return true }
        guard now - opened >= Self.pause else { return false }
        // This one call is the trial; others wait for another pause.
        self.opened = now
        return true
    }

    package mutating func succeeded() {
        failures = 0
        opened = nil
    }

    package mutating func failed(at now: ContinuousClock.Instant) {
        failures += 1
        if failures >= Self.failuresToOpen { opened = now }
    }
}

/// The header Retry-After in seconds; dates are rare and count as none.
enum RetryAfter {
    static func parse(_ text: String?) -> Duration? {
        guard let text, let seconds = Double(text), seconds >= 0, seconds < 86_400 else { return nil }
        return .milliseconds(Int(seconds * 1000))
    }
}
