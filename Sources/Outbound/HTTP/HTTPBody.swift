public import Foundation
import Synchronization

/// The body of a reply, piece by piece; the sender is held back while nobody reads.
///
/// Letting go of it ends the transfer.
public final class HTTPBody: Sendable {
    /// Bytes that may wait for the reader before the transfer is paused.
    static let capacity = 256 * 1024

    private struct State {
        var pieces: [Data] = []
        var size = 0
        var isPaused = false
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<Data?, any Error>?
    }

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void
    private let cancel: @Sendable () -> Void

    init(resume: @escaping @Sendable () -> Void, cancel: @escaping @Sendable () -> Void) {
        self.resume = resume
        self.cancel = cancel
    }

    deinit { cancel() }

    /// The next piece; nil at the end. One reader at a time.
    public func next() async throws -> Data? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (now, wasPaused): (Result<Data?, any Error>?, Bool) = state.withLock { state in
                    precondition(state.reader == nil, "A body has one reader.")
                    if !state.pieces.isEmpty {
                        let piece = state.pieces.removeFirst()
                        state.size -= piece.count
                        let wasPaused = state.isPaused && state.size < Self.capacity / 2
                        if wasPaused { state.isPaused = false }
                        return (.success(piece), wasPaused)
                    }
                    if let end = state.end { return (end.map { nil }, false) }
                    state.reader = continuation
                    return (nil, false)
                }
                if wasPaused { resume() }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            finish(.failure(CancellationError()))
            cancel()
        }
    }

    /// False when there is no room: the same bytes are offered again after `resume`.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let (accepted, reader) = state.withLock { state -> (Bool, CheckedContinuation<Data?, any Error>?) in
            if let reader = state.reader {
                state.reader = nil
                return (true, reader)
            }
            guard state.size < Self.capacity else {
                state.isPaused = true
                return (false, nil)
            }
            state.pieces.append(Data(bytes))
            state.size += bytes.count
            return (true, nil)
        }
        reader?.resume(returning: Data(bytes))
        return accepted
    }

    func finish(_ end: Result<Void, any Error>) {
        let reader = state.withLock { state -> CheckedContinuation<Data?, any Error>? in
            if state.end == nil { state.end = end }
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(with: end.map { nil })
    }
}
