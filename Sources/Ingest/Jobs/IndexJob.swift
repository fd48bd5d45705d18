public import Domain

/// An order to (re)index one source in one generation, held under a lease.
public struct IndexJob: Sendable, Equatable {
    public let id: Int64
    public let source: SourceReference
    /// Fencing token: void once the lease was given to somebody else, or the source changed.
    public let leaseToken: Int64
    /// Earlier tries that failed.
    public let attempts: Int

    public init(id: Int64, source: SourceReference, leaseToken: Int64, attempts: Int) {
        self.id = id
        self.source = source
        self.leaseToken = leaseToken
        self.attempts = attempts
    }
}

/// What becomes of a job that failed.
public struct FailedJob: Sendable {
    public let job: IndexJob
    public let reason: String
    /// For whoever looks at what the job is about, in sentences.
    public let explanation: String
    public let retryAfter: Duration
    /// A dead letter: kept with its reason, and tried again only when somebody says so.
    public let isFinal: Bool
}
