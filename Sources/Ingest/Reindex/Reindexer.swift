public import Logging
public import Retrieval

/// Indexes again: in place for a part, or all of it as the next generation, which then takes over.
public struct Reindexer: Sendable {
    private let generations: any GenerationStore
    private let worker: IndexWorker
    private let embedder: any Embedder
    private let logger: Logger

    public init(generations: any GenerationStore, worker: IndexWorker, embedder: any Embedder, logger: Logger) {
        self.generations = generations
        self.worker = worker
        self.embedder = embedder
        self.logger = logger
    }

    /// - Parameters:
    ///   - resume: goes on with an unfinished generation instead of starting one.
    ///   - progress: sources done and sources in all.
    /// - Returns: sources that were indexed.
    public func run(
        _ selection: ReindexSelection,
        resume: Bool,
        progress: @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> Int {
        _ = try await generations.ensureServing(
            embedder: embedder.name,
            dimension: embedder.dimension,
            recipe: Recipe.name
        )
        guard selection == .everything else {
            _ = try await generations.enqueue(selection)
            return try await drain(progress)
        }
        let next = try await generations.beginBuilding(
            embedder: embedder.name,
            dimension: embedder.dimension,
            recipe: Recipe.name,
            resume: resume
        )
        // What an unfinished run had ordered is still in the job table.
        let uncovered = try await generations.uncovered(by: next.id)
        let pending = try await generations.pendingJobs()
        if !resume || uncovered > pending {
            _ = try await generations.enqueue(.everything)
        }
        let done = try await drain(progress)
        let missing = try await generations.uncovered(by: next.id)
        guard missing == 0 else { throw IncompleteGeneration(missing: missing) }
        try await generations.activate(next.id)
        return done
    }

    /// Works until nothing is pending, others' leased jobs included.
    private func drain(_ progress: @Sendable (Int, Int) -> Void) async throws -> Int {
        let total = try await generations.pendingJobs()
        progress(0, total)
        var left = total
        while left > 0 {
            if try await worker.workOnce() == 0 { try await Task.sleep(for: .milliseconds(200)) }
            left = try await generations.pendingJobs()
            progress(max(0, total - left), total)
        }
        return total
    }
}

/// A new generation does not hold all it should; the old one goes on serving.
public struct IncompleteGeneration: Error, CustomStringConvertible {
    let missing: Int

    public var description: String {
        "\(missing) sources could not be indexed, so the old index goes on serving."
            + " `labsync index status` names the reasons; `labsync reindex --all --resume` tries again."
    }
}
