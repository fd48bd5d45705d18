public import Domain

extension OutboundError {
    /// What passes by itself; nil for what somebody has to mend.
    public var publicError: PublicError? {
        guard isPassing else { return nil }
        return PublicError(
            .unavailable,
            "A service that this needs does not answer at the moment. Try again.",
            retryAfter: 10
        )
    }
}
