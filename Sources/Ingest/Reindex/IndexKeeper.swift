public import Domain
public import Logging
public import Retrieval
import Synchronization

/// Keeps the index in memory equal to the serving generation: loads it, then follows what changes.
public final class IndexKeeper: Sendable {
    private let index: SearchIndex
    private let passages: any PassageSource
    private let generations: any GenerationStore
    private let embedder: any Embedder
    private let logger: Logger
    private let serving = Mutex<Int32?>(nil)

    public init(
        index: SearchIndex,
        passages: any PassageSource,
        generations: any GenerationStore,
        embedder: any Embedder,
        logger: Logger
    ) {
        self.index = index
        self.passages = passages
        self.generations = generations
        self.embedder = embedder
        self.logger = logger
    }

    /// Reads the whole serving generation, making it when the database is new.
    ///
    /// - Throws: `GenerationMismatch` when it was made with another model.
    public func load() async throws {
        let generation = try await generations.ensureServing(
            embedder: embedder.name,
            dimension: embedder.dimension,
            recipe: Recipe.name
        )
        guard generation.embedder == embedder.name, generation.dimension == embedder.dimension else {
            throw GenerationMismatch(serving: generation.embedder, configured: embedder.name)
        }
        index.removeAll()
        try await passages.passages(of: generation.id) { [index] in index.replace($0) }
        serving.withLock { $0 = generation.id }
        let size = index.statistics
        logger.info("index loaded", metadata: ["passages": "\(size.passages)", "generation": "\(generation.id)"])
    }

    /// Call this before `refresh` with what the change feed told.
    public func waitUntilVisible(_ transaction: UInt32) async throws {
        try await passages.waitUntilVisible(transaction)
    }

    /// Brings some sources up to date.
    public func refresh(_ sources: Set<SourceReference>) async throws {
        guard let generation = serving.withLock({ $0 }) else { return }
        for batch in Array(sources).batches(of: 500) {
            index.replace(try await passages.passages(of: batch, in: generation))
        }
    }
}

/// The index was made with another model than the one that is set.
public struct GenerationMismatch: Error, CustomStringConvertible {
    let serving: String
    let configured: String

    public var description: String {
        "The index was made with \(serving), but EMBEDDER says \(configured)."
            + " Set it back, or run `labsync reindex --all` to change over."
    }
}

extension Array {
    fileprivate func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
