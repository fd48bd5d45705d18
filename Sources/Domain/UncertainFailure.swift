/// A failure that may have come when what was asked was done already: only the answer was lost.
public protocol UncertainFailure: Error {
    var mayHaveHappened: Bool { get }
}

extension CancellationError: UncertainFailure {
    public var mayHaveHappened: Bool { true }
}
