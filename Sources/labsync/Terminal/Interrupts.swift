import Foundation
import Synchronization

/// Ctrl-C ends what is being done instead of the program.
final class Interrupts: Sendable {
    private let current = Mutex<(@Sendable () -> Void)?>(nil)
    /// Unsafe in name only: made, resumed and cancelled by one owner, never touched in between.
    private nonisolated(unsafe) let source: any DispatchSourceSignal

    init() {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: DispatchQueue(label: "labsync.interrupts"))
        source.setEventHandler { [weak self] in
            guard let self else { return }
            guard let stop = self.current.withLock({ $0 }) else {
                FileHandle.standardError.write(Data("\n(/quit or Ctrl-D ends)\n".utf8))
                return
            }
            stop()
        }
        source.resume()
    }

    deinit { source.cancel() }

    /// Runs the work, which Ctrl-C cancels; nil when it did.
    func interruptible<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let task = Task { try await work() }
        current.withLock { $0 = { task.cancel() } }
        defer { current.withLock { $0 = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            guard task.isCancelled, !Task.isCancelled else { throw error }
            return nil
        }
    }
}
