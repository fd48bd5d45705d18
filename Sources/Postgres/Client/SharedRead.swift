import Synchronization

/// One read under way on a shared connection; answered once, by whichever comes first: its rows, a failure, or its
/// asker's going away.
final class SharedRead: Sendable {
    let statements: [Statement]
    private let continuation: Mutex<CheckedContinuation<[[Row]], any Error>?>

    init(_ statements: [Statement], _ continuation: CheckedContinuation<[[Row]], any Error>) {
        self.statements = statements
        self.continuation = Mutex(continuation)
    }

    var isAnswered: Bool { continuation.withLock { $0 == nil } }

    func answer(_ result: Result<[[Row]], any Error>) {
        let continuation = continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }
        continuation?.resume(with: result)
    }
}
