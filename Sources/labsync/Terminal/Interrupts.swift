import CEdit
import Foundation

/// Ctrl-C ends what is being done instead of the program.
struct Interrupts: Sendable {
    /// A byte comes for each; -1 where the system lacks what it takes, and Ctrl-C ends the program.
    let descriptor: Int32

    /// To be made once.
    init() {
        descriptor = labsync_watch_interrupts()
    }

    /// Runs the work, which Ctrl-C cancels; nil when it did.
    func interruptible<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value? {
        let task = Task { try await work() }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler { [descriptor] in
            labsync_forget_interrupts(descriptor)
            task.cancel()
        }
        source.resume()
        defer { source.cancel() }
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
