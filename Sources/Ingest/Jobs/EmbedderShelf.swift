public import Retrieval

/// Where the models of generations are had from.
public protocol EmbedderShelf: Sendable {
    /// The model that a generation is made with.
    ///
    /// - Throws: `UnknownEmbedder` when there is none of that name here.
    func embedder(for generation: IndexGeneration) throws -> any Embedder
}

/// A generation was made with a model that is not to be had.
public struct UnknownEmbedder: Error, CustomStringConvertible {
    private let generation: IndexGeneration

    public init(_ generation: IndexGeneration) {
        self.generation = generation
    }

    public var description: String {
        "Generation \(generation.id) of the index was made with \(generation.embedder) (\(generation.dimension) numbers),"
            + " which is not to be had here: set EMBEDDER and the like back, or run `labsync reindex --all`."
    }
}

/// One model for the generations that are made with it.
public struct OneEmbedder: EmbedderShelf {
    private let embedder: any Embedder

    public init(_ embedder: any Embedder) {
        self.embedder = embedder
    }

    public func embedder(for generation: IndexGeneration) throws -> any Embedder {
        guard generation.embedder == embedder.name, generation.dimension == embedder.dimension else {
            throw UnknownEmbedder(generation)
        }
        return embedder
    }
}
