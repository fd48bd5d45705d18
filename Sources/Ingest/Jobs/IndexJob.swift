public import Domain

/// An order to (re)index one source, held under a lease.
public struct IndexJob: Sendable, Equatable {
    public let id: Int64
    public let source: SourceReference
    /// Rises with every change of the source; a job is done only for the revision that was leased.
    public let revision: Int64
    /// Fencing token: a worker that wakes after its lease was given away is refused.
    public let leaseToken: Int64
    /// Earlier tries that failed.
    public let attempts: Int

    public init(id: Int64, source: SourceReference, revision: Int64, leaseToken: Int64, attempts: Int) {
        self.id = id
        self.source = source
        self.revision = revision
        self.leaseToken = leaseToken
        self.attempts = attempts
    }
}
