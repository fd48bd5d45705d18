/// A failure that says nothing about the work: somebody else's server is down, slow or busy.
public protocol PassingFailure: Error {
    var isPassing: Bool { get }
}

/// A failure that trying again does not mend, but somebody may: a program is not installed.
public protocol StandingFailure: Error {
    /// For whoever looks at the file, in sentences.
    var explanation: String { get }
}

/// When a failed job is tried again, and when it is given up. No clock and no chance in here: both are passed in.
struct FailurePolicy {
    /// Tries of a job that fails by itself.
    static let attempts = 8
    /// Tries while its embedder is away: about three hours.
    static let attemptsWhilePassing = 40
    /// Tries of what stands: another worker's machine may have what this one lacks.
    static let attemptsWhileStanding = 3
    private static let unexplained =
        "Reading it failed again and again. Whoever runs the lab finds out why with `labsync jobs list`."
    private static let longestPause: Duration = .seconds(300)

    /// - Parameter chance: uniform in 0..<1.
    static func failed(_ job: IndexJob, _ error: any Error, chance: Double) -> FailedJob {
        let standing = error as? any StandingFailure
        let limit = isPassing(error) ? attemptsWhilePassing : standing == nil ? attempts : attemptsWhileStanding
        return FailedJob(
            job: job,
            reason: "\(error)",
            explanation: standing?.explanation ?? unexplained,
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
