import Dispatch
public import Domain
public import Logging
public import Retrieval
import Synchronization

/// Keeps the index in memory equal to the serving generation: loads it, then follows what changes.
public final class IndexKeeper: Sendable {
    private let serving: ServingIndex
    private let passages: any PassageSource
    private let generations: any GenerationStore
    private let shelf: any EmbedderShelf
    private let vectors: (any VectorFiller)?
    /// What a new database is given.
    private let preferred: (name: String, dimension: Int)
    private let logger: Logger
    /// Putting an index in order takes whole cores for long: never on Swift's shared threads.
    private let housekeeping = DispatchQueue(label: "labsync.index.housekeeping", qos: .utility)

    /// - Parameters:
    ///   - serving: its embedder is what a new database's index is made with.
    ///   - vectors: the database's own table of vectors, where it compares them.
    public init(
        serving: ServingIndex,
        passages: any PassageSource,
        generations: any GenerationStore,
        shelf: any EmbedderShelf,
        vectors: (any VectorFiller)? = nil,
        logger: Logger
    ) {
        self.serving = serving
        self.passages = passages
        self.generations = generations
        self.shelf = shelf
        self.vectors = vectors
        self.logger = logger
        let embedder = serving.current.embedder
        preferred = (embedder.name, embedder.dimension)
    }

    /// Reads the whole serving generation, making it when the database is new, and lets it answer once it is complete.
    ///
    /// - Throws: `UnknownEmbedder` when it was made with a model that is not to be had.
    public func load() async throws {
        try await load(try await servingGeneration())
    }

    /// Changes over when another generation serves than the one that is loaded.
    public func followGenerations() async throws {
        let generation = try await servingGeneration()
        if generation.id != serving.current.generation { try await load(generation) }
    }

    private func servingGeneration() async throws -> IndexGeneration {
        try await generations.ensureServing(
            embedder: preferred.name,
            dimension: preferred.dimension,
            recipe: Recipe.name
        )
    }

    private func load(_ generation: IndexGeneration) async throws {
        let now = serving.current
        let embedder = try shelf.embedder(for: generation)
        // Beside the one that answers, unless nobody has been answered yet.
        let isFirst = now.generation == nil && now.index.dimension == generation.dimension
        let index =
            isFirst
            ? now.index : SearchIndex(dimension: generation.dimension, keepsVectors: now.index.keepsVectors)
        try await vectors?.fill(generation)
        let loader = try await passages.passages(of: generation.id, for: index)
        await onHousekeeping { index.load(loader) }
        serving.serve(.init(generation: generation.id, index: index, embedder: embedder, table: now.table))
        let size = index.statistics
        logger.info("index loaded", metadata: ["passages": "\(size.passages)", "generation": "\(generation.id)"])
        if generation.recipe != Recipe.name {
            logger.notice("the index was made by another recipe; `labsync reindex --all` brings it up to date")
        }
        if generation.embedder != preferred.name {
            logger.notice(
                "the index was made with another model than EMBEDDER says; `labsync reindex --all` changes over",
                metadata: ["index": "\(generation.embedder)", "setting": "\(preferred.name)"]
            )
        }
    }

    /// Merges what was written and prepares it for quick looks; questions and changes go on meanwhile.
    public func maintain() async {
        let index = serving.current.index
        await onHousekeeping { index.maintain() }
    }

    private func onHousekeeping(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            housekeeping.async {
                work()
                continuation.resume()
            }
        }
    }

    /// Call this before `refresh` with what the change feed told.
    public func waitUntilVisible(_ transactions: Set<UInt32>) async throws {
        try await passages.waitUntilVisible(transactions)
    }

    /// Brings some sources up to date.
    public func refresh(_ sources: Set<SourceReference>) async throws {
        let now = serving.current
        guard let generation = now.generation else { return }
        try await vectors?.fill(sources, in: generation)
        for batch in Array(sources).batches(of: 500) {
            now.index.replace(try await passages.passages(of: batch, in: generation))
        }
    }
}

extension Array {
    fileprivate func batches(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
