public import Domain
import Foundation
public import Logging
import Retrieval

/// Turns index jobs into chunks and vectors: leases, reads, embeds, stores. Any number may run at once, anywhere.
public struct IndexWorker: Sendable {
    /// Which generations a worker fills.
    public enum Duty: Sendable {
        case serving
        case servingAndBuilding
        case only(Int32)
    }

    public static let lease: Duration = .seconds(15)
    private static let heartbeat: Duration = .seconds(5)
    package static let batchSize = 64
    /// Batches under way at once: while one is embedded the other is read or stored.
    private static let hands = 2
    /// How long an idle worker waits before it looks again.
    private static let idleWait: Duration = .milliseconds(50)
    private static let longestPause: Duration = .seconds(30)

    private let queue: any JobQueue
    private let batch: IndexBatch
    private let shelf: any EmbedderShelf
    private let duty: Duty
    private let logger: Logger

    public init(
        queue: any JobQueue,
        objects: any ObjectStore,
        shelf: any EmbedderShelf,
        duty: Duty,
        logger: Logger
    ) {
        self.queue = queue
        batch = IndexBatch(queue: queue, planner: ChunkPlanner(objects: objects))
        self.shelf = shelf
        self.duty = duty
        self.logger = logger
    }

    /// Works until cancelled. Failures of database and embedder are waited out: jobs keep until they are back.
    public func run() async throws {
        await withTaskGroup { group in
            for _ in 0..<Self.hands { group.addTask { await runHand() } }
        }
    }

    private func runHand() async {
        var failures = 0
        while !Task.isCancelled {
            do {
                let done = try await workOnce()
                failures = 0
                if done == 0 { try await Task.sleep(for: Self.idleWait) }
            } catch is CancellationError {
                return
            } catch {
                let pause = min(Self.longestPause, FailurePolicy.pause(after: failures, chance: .random(in: 0..<1)))
                failures += 1
                logger.warning("index worker waits", metadata: ["error": "\(error)", "pause": "\(pause)"])
                try? await Task.sleep(for: pause)  // Cancellation ends the loop.
            }
        }
    }

    /// Works until no job is ready.
    ///
    /// - Parameter progress: told how many jobs were finished, batch by batch.
    public func drain(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws {
        try await withThrowingTaskGroup { group in
            for _ in 0..<Self.hands {
                group.addTask {
                    while true {
                        let done = try await workOnce()
                        if done == 0 { return }
                        progress(done)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Does one batch of jobs and says how many there were.
    package func workOnce(limit: Int = batchSize) async throws -> Int {
        for generation in try await queue.activeGenerations() where takes(generation) {
            let jobs = try await queue.lease(limit: min(limit, Self.batchSize), for: Self.lease, of: generation.id)
            guard !jobs.isEmpty else { continue }
            try await keepingLeases(of: jobs) { try await work(on: jobs, generation) }
            return jobs.count
        }
        return 0
    }

    private func takes(_ generation: IndexGeneration) -> Bool {
        switch duty {
        case .serving: generation.isServing
        case .servingAndBuilding: true
        case .only(let id): generation.id == id
        }
    }

    /// Renews the leases while the work lasts, and gives them back when it is cancelled.
    private func keepingLeases(of jobs: [IndexJob], _ work: @escaping @Sendable () async throws -> Void) async throws {
        do {
            try await withThrowingTaskGroup { group in
                group.addTask {
                    try await work()
                    return true
                }
                group.addTask {
                    await beat(for: jobs)
                    return false
                }
                while let isWork = try await group.next(), !isWork {}
                group.cancelAll()
            }
        } catch is CancellationError {
            // In a task of its own: the cancelled one may not wait for the database any more.
            let releasing = Task { [queue] in try await queue.release(jobs) }
            _ = await releasing.result  // Where it fails the leases run out by themselves.
            throw CancellationError()
        }
    }

    private func beat(for jobs: [IndexJob]) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: Self.heartbeat)
                try await queue.extend(jobs, by: Self.lease)
            } catch is CancellationError {
                return
            } catch {
                // The work goes on: what it does after the leases ran out is refused.
                logger.warning("index worker cannot renew its leases", metadata: ["error": "\(error)"])
            }
        }
    }

    private func work(on jobs: [IndexJob], _ generation: IndexGeneration) async throws {
        let embedder: any Embedder
        do {
            embedder = try shelf.embedder(for: generation)
        } catch {
            try await queue.release(jobs)
            throw error
        }
        // What failed before is tried by itself, so that it cannot hold up its neighbours.
        let together = jobs.filter { $0.attempts == 0 }
        for job in jobs where job.attempts > 0 { try await workAlone(on: job, generation, embedder) }
        guard !together.isEmpty else { return }
        do {
            try await batch.index(together, generation, embedder)
        } catch is CancellationError {
            throw CancellationError()
        } catch  where !FailurePolicy.isPassing(error) && together.count > 1 {
            logger.info("index batch failed; trying its jobs one by one", metadata: ["error": "\(error)"])
            for job in together { try await workAlone(on: job, generation, embedder) }
        } catch {
            try await giveBack(together, error)
        }
    }

    private func workAlone(on job: IndexJob, _ generation: IndexGeneration, _ embedder: any Embedder) async throws {
        do {
            try await batch.index([job], generation, embedder)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await giveBack([job], error)
        }
    }

    /// A failure that passes is thrown on, so that the worker waits instead of running through its queue.
    private func giveBack(_ jobs: [IndexJob], _ error: any Error) async throws {
        let failures = jobs.map { FailurePolicy.failed($0, error, chance: .random(in: 0..<1)) }
        try await queue.fail(failures)
        for failure in failures where failure.isFinal {
            logger.error(
                "index job given up; see `labsync jobs list`",
                metadata: ["source": "\(failure.job.source)", "error": "\(error)"]
            )
        }
        if FailurePolicy.isPassing(error) { throw error }
        logger.warning("index job failed", metadata: ["source": "\(jobs[0].source)", "error": "\(error)"])
    }
}
