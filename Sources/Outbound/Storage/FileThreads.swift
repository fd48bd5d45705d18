import Foundation
import Synchronization

/// A few threads that may wait for a disk, so that neither Swift's shared threads nor an event loop has to.
final class FileThreads: TaskExecutor {
    /// Outlives the executor until every thread has seen that it ends.
    private final class Queue: Sendable {
        let jobs = Mutex<(waiting: ArraySlice<UnownedJob>, isEnded: Bool)>(([], false))
        let signal = DispatchSemaphore(value: 0)
    }

    private let queue = Queue()
    private let count: Int

    init(count: Int) {
        self.count = count
        for number in 0..<count {
            let thread = Thread { [weak self, queue] in
                while true {
                    queue.signal.wait()
                    let (job, isEnded) = queue.jobs.withLock { ($0.waiting.popFirst(), $0.isEnded) }
                    // Whoever waits for a job holds the executor that it was given to.
                    if let job, let self { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
                    if job == nil, isEnded { return }
                }
            }
            thread.name = "labsync.files.\(number)"
            thread.start()
        }
    }

    deinit {
        queue.jobs.withLock { $0.isEnded = true }
        for _ in 0..<count { queue.signal.signal() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.jobs.withLock { $0.waiting.append(job) }
        queue.signal.signal()
    }
}
