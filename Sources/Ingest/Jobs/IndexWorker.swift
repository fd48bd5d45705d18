import Domain
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
    package static let batchSize = BatchSize.largest
    /// Batches under way at once in each lane: while one is embedded the other is read or stored.
    private static let hands = 2
    /// Few, since one that is slow to be read holds up those that were leased with it.
    private static let filesAtOnce = 8
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
        files: any TextExtractor,
        shelf: any EmbedderShelf,
        duty: Duty,
        logger: Logger
    ) {
        self.queue = queue
        batch = IndexBatch(queue: queue, planner: ChunkPlanner(files: files))
        self.shelf = shelf
        self.duty = duty
        self.logger = logger
    }

    /// Works until cancelled. Failures of database and embedder are waited out: jobs keep until they are back.
    public func run() async throws {
        await withTaskGroup { group in
            for lane in JobLane.allCases {
                for _ in 0..<Self.hands { group.addTask { await runHand(in: lane) } }
            }
        }
    }

    private func runHand(in lane: JobLane) async {
        var failures = 0
        var size = BatchSize()
        while !Task.isCancelled {
            do {
                let done = try await workOnce(in: lane, &size)
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
            for lane in JobLane.allCases {
                for _ in 0..<Self.hands {
                    group.addTask {
                        var size = BatchSize()
                        while true {
                            let done = try await workOnce(in: lane, &size)
                            if done == 0 { return }
                            progress(done)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Does one batch of jobs, of files only when there is nothing else, and says how many there were.
    package func workOnce(limit: Int = batchSize) async throws -> Int {
        let done = try await workOnce(in: .words, limit: limit)
        return done > 0 ? done : try await workOnce(in: .files, limit: limit)
    }

    private func workOnce(in lane: JobLane, _ size: inout BatchSize) async throws -> Int {
        let start = ContinuousClock.now
        let done = try await workOnce(in: lane, limit: size.current)
        size.adapt(done: done, in: .now - start)
        return done
    }

    private func workOnce(in lane: JobLane, limit: Int) async throws -> Int {
        let limit = min(limit, lane == .files ? Self.filesAtOnce : Self.batchSize)
        for generation in try await queue.activeGenerations() where takes(generation) {
            let jobs = try await queue.lease(limit: limit, for: Self.lease, of: generation.id, in: lane)
            guard !jobs.isEmpty else { continue }
            return try await keepingLeases(of: jobs) { try await work(on: jobs, generation) }
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
    private func keepingLeases(of jobs: [IndexJob], _ work: @escaping @Sendable () async throws -> Int) async throws
        -> Int
    {
        do {
            return try await withThrowingTaskGroup(of: Int?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    await beat(for: jobs)
                    return nil
                }
                var done: Int?
                while done == nil, let result = try await group.next() { done = result }
                group.cancelAll()
                return done ?? 0
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

    /// - Returns: how many of the jobs it has dealt with; the others are given back.
    private func work(on jobs: [IndexJob], _ generation: IndexGeneration) async throws -> Int {
        let embedder: any Embedder
        do {
            embedder = try shelf.embedder(for: generation)
        } catch {
            try await queue.release(jobs)
            throw error
        }
        let documents = try await queue.documents(for: jobs.map(\.source))
        let slow = jobs.filter { documents[$0.source]?.isSlowToRead == true }
        // While one is read, somebody else may take the others.
        if slow.count > 1 { try await queue.release(Array(slow.dropFirst())) }
        // What failed before is tried by itself, so that it cannot hold up its neighbours.
        let together = jobs.filter { $0.attempts == 0 && !slow.contains($0) }
        let alone = jobs.filter { $0.attempts > 0 && !slow.contains($0) } + slow.prefix(1)
        try await work(together: together, documents, generation, embedder)
        for job in alone { try await work(alone: job, documents, generation, embedder) }
        return together.count + alone.count
    }

    private func work(
        together jobs: [IndexJob],
        _ documents: [SourceReference: SourceDocument],
        _ generation: IndexGeneration,
        _ embedder: any Embedder
    ) async throws {
        guard !jobs.isEmpty else { return }
        do {
            try await batch.index(jobs, documents, generation, embedder)
        } catch is CancellationError {
            throw CancellationError()
        } catch  where !FailurePolicy.isPassing(error) && jobs.count > 1 {
            logger.info("index batch failed; trying its jobs one by one", metadata: ["error": "\(error)"])
            for job in jobs { try await work(alone: job, documents, generation, embedder) }
        } catch {
            try await giveBack(jobs, error)
        }
    }

    private func work(
        alone job: IndexJob,
        _ documents: [SourceReference: SourceDocument],
        _ generation: IndexGeneration,
        _ embedder: any Embedder
    ) async throws {
        do {
            try await batch.index([job], documents, generation, embedder)
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
