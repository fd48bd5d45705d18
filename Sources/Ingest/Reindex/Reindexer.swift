public import Logging
public import Retrieval

/// Indexes again: in place for a part, or all of it as the next generation, which then takes over.
public struct Reindexer: Sendable {
    /// How a generation comes about.
    public enum Construction: Sendable {
        /// Goes on with an unfinished one of this model, else begins.
        case next(any Embedder)
        /// Goes on with whatever is unfinished.
        case resume
        /// The one that served before.
        case rollback
    }

    private let generations: any GenerationStore
    private let worker: @Sendable (IndexWorker.Duty) -> IndexWorker
    private let preferred: any Embedder
    /// Sources a second; nil is as fast as it goes.
    private let limit: Int?
    private let logger: Logger

    /// - Parameter preferred: what a new database's index is made with.
    public init(
        generations: any GenerationStore,
        worker: @escaping @Sendable (IndexWorker.Duty) -> IndexWorker,
        preferred: any Embedder,
        limit: Int? = nil,
        logger: Logger
    ) {
        self.generations = generations
        self.worker = worker
        self.preferred = preferred
        self.limit = limit
        self.logger = logger
    }

    /// Indexes a part where it is.
    ///
    /// - Returns: sources that were indexed, and jobs that were given up.
    public func run(
        _ selection: ReindexSelection,
        progress: @escaping @Sendable (ReindexProgress) -> Void
    ) async throws -> (done: Int, failed: Int) {
        let serving = try await ensureServing()
        let failedBefore = try await generations.jobs(of: serving.id).dead
        _ = try await generations.enqueue(selection)
        let total = try await generations.jobs(of: serving.id).pending
        try await drain(serving, total: total, progress)
        return (total, max(0, try await generations.jobs(of: serving.id).dead - failedBefore))
    }

    /// Builds a generation beside the serving one and switches to it.
    ///
    /// Cancelled or killed it leaves the generation unfinished, to be resumed; the old one serves all the while.
    public func build(
        _ construction: Construction,
        progress: @escaping @Sendable (ReindexProgress) -> Void
    ) async throws -> (generation: IndexGeneration, coverage: Coverage) {
        _ = try await ensureServing()
        let next = try await generation(for: construction)
        try await generations.order(next.id)
        let total = try await generations.coverage(of: next.id).eligible
        try await drain(next, total: total) { [generations, logger] now in
            progress(now)
            do {
                try await generations.note(now, of: next.id)
            } catch {
                logger.info("progress was not noted", metadata: ["error": "\(error)"])
            }
        }
        let coverage = try await generations.activate(next.id)
        return (next, coverage)
    }

    private func ensureServing() async throws -> IndexGeneration {
        try await generations.ensureServing(
            embedder: preferred.name,
            dimension: preferred.dimension,
            recipe: Recipe.name
        )
    }

    private func generation(for construction: Construction) async throws -> IndexGeneration {
        let unfinished = try await generations.building()
        switch construction {
        case .rollback: return try await generations.beginRollback()
        case .resume:
            guard let unfinished else { throw GenerationConflict("No re-index is unfinished. Begin one with --all.") }
            return unfinished
        case .next(let embedder):
            guard let unfinished else {
                return try await generations.begin(
                    embedder: embedder.name,
                    dimension: embedder.dimension,
                    recipe: Recipe.name
                )
            }
            guard unfinished.embedder == embedder.name, unfinished.dimension == embedder.dimension,
                unfinished.recipe == Recipe.name
            else {
                throw GenerationConflict(
                    "Generation \(unfinished.id) of \(unfinished.embedder) (\(unfinished.dimension) numbers) is"
                        + " unfinished. Go on with it by --resume, or drop it by --cancel."
                )
            }
            return unfinished
        }
    }

    // MARK: Working

    /// How long to wait for what is being written all the time before switching without it.
    private static let settling: Duration = .seconds(10)

    /// Works until nothing is pending, others' leased jobs included.
    private func drain(
        _ generation: IndexGeneration,
        total: Int,
        _ report: @escaping @Sendable (ReindexProgress) async -> Void
    ) async throws {
        let worker = worker(.only(generation.id))
        let start = ContinuousClock.now
        let before = max(0, total - (try await generations.jobs(of: generation.id).pending))
        try await withThrowingTaskGroup { group in
            if let limit {
                group.addTask { try await work(worker, atMost: limit) }
            } else {
                group.addTask { try await worker.run() }
            }
            var settledSince: ContinuousClock.Instant?
            while true {
                let jobs = try await generations.jobs(of: generation.id)
                let done = max(0, total - jobs.pending)
                let seconds = max((ContinuousClock.now - start) / .seconds(1), 0.001)
                await report(ReindexProgress(done: done, total: total, rate: Double(done - before) / seconds))
                if jobs.pending == 0 { break }
                settledSince = jobs.bulk == 0 ? settledSince ?? .now : nil
                if !generation.isServing, let settledSince, .now - settledSince > Self.settling { break }
                // Counting takes longer the more there is.
                try await Task.sleep(for: .milliseconds(jobs.pending < 1000 ? 25 : 250))
            }
            group.cancelAll()
        }
    }

    private func work(_ worker: IndexWorker, atMost limit: Int) async throws {
        let start = ContinuousClock.now
        var done = 0
        while !Task.isCancelled {
            let count = try await worker.workOnce(limit: limit)
            done += count
            let due = start + .seconds(1) * (Double(done) / Double(limit))
            try await Task.sleep(until: count == 0 ? max(due, .now + .milliseconds(200)) : due, clock: .continuous)
        }
    }
}
