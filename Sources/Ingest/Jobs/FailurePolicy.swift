/// A failure that says nothing about the work: somebody else's server is down, slow or busy.
public protocol PassingFailure: Error {
    var isPassing: Bool { get }
}

/// When a failed job is tried again, and when it is given up. No clock and no chance in here: both are passed in.
struct FailurePolicy {
    /// Tries of a job that fails by itself.
    static let attempts = 8
    /// Tries while its embedder is away: about three hours.
    static let attemptsWhilePassing = 40
    private static let longestPause: Duration = .seconds(300)

    /// - Parameter chance: uniform in 0..<1.
    static func failed(_ job: IndexJob, _ error: any Error, chance: Double) -> FailedJob {
        let limit = isPassing(error) ? attemptsWhilePassing : attempts
        return FailedJob(
            job: job,
            reason: "\(error)",
            retryAfter: pause(after: job.attempts, chance: chance),
            isFinal: job.attempts + 1 >= limit
        )
    }

    /// Doubling from a second, half to one and a half of it: what failed together does not come back together.
    static func pause(after attempts: Int, chance: Double) -> Duration {
        min(longestPause, .seconds(1 << min(attempts, 16))) * (0.5 + chance)
    }

    static func isPassing(_ error: any Error) -> Bool {
        (error as? any PassingFailure)?.isPassing ?? false
    }
}
