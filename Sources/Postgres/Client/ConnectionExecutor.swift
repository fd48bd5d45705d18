import Dispatch

/// Runs an actor's jobs on a queue of its own, so that libpq may block there without starving Swift's shared threads.
final class ConnectionExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "labsync.postgres.connection")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
