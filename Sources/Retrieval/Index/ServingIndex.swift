import Synchronization

/// The index that answers, with the model that it was made with: one is never asked with a vector of another.
public final class ServingIndex: Sendable {
    public struct State: Sendable {
        /// Nil before anything is loaded.
        public let generation: Int32?
        public let index: SearchIndex
        public let embedder: any Embedder
        /// Nil where vectors are kept in memory.
        public let table: (any VectorTable)?

        public init(
            generation: Int32?,
            index: SearchIndex,
            embedder: any Embedder,
            table: (any VectorTable)? = nil
        ) {
            self.generation = generation
            self.index = index
            self.embedder = embedder
            self.table = table
        }

        /// What ranks.
        public var ranking: any VectorIndex {
            guard let table, let generation else { return index }
            return TableVectorIndex(index, table, generation: generation)
        }
    }

    private let state: Mutex<State>

    public init(index: SearchIndex, embedder: any Embedder, table: (any VectorTable)? = nil) {
        state = Mutex(State(generation: nil, index: index, embedder: embedder, table: table))
    }

    /// Taken once for each question, which is then answered by it to the end.
    public var current: State { state.withLock { $0 } }

    public func serve(_ next: State) {
        state.withLock { $0 = next }
    }
}

/// Whatever model serves at the moment, for those who want vectors but no index.
public struct ServingEmbedder: Embedder {
    private let serving: ServingIndex

    public init(_ serving: ServingIndex) {
        self.serving = serving
    }

    public var name: String { serving.current.embedder.name }
    public var dimension: Int { serving.current.embedder.dimension }

    public func embed(_ texts: [String]) async throws -> [[Float]] { try await serving.current.embedder.embed(texts) }
    public func encode(_ texts: [String]) async throws -> [TextEncoding] {
        try await serving.current.embedder.encode(texts)
    }
}
