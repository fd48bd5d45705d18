import Foundation
import Ingest
import Outbound
import Retrieval
import Synchronization

/// The models that this installation can make vectors with, each opened once.
final class Embedders: EmbedderShelf {
    /// How long somebody else's server is waited for.
    enum Patience {
        /// Workers have time: what fails is tried again, and only then given back.
        case work
        /// Somebody waits for an answer: better by words alone than late.
        case question

        var timeout: Duration { self == .work ? .seconds(60) : .seconds(3) }
        var attempts: Int { self == .work ? 3 : 1 }
    }

    private let settings: Settings
    private let patience: Patience
    private let opened: Mutex<[String: any Embedder]>

    init(_ settings: Settings, patience: Patience) {
        self.settings = settings
        self.patience = patience
        opened = Mutex([:])
    }

    /// The same models with other patience; what is in process is shared.
    func with(_ patience: Patience) -> Embedders {
        let other = Embedders(settings, patience: patience)
        let local = opened.withLock { $0.filter { !($0.value is RemoteEmbedder) } }
        other.opened.withLock { $0 = local }
        return other
    }

    /// What a new index is made with.
    func preferred(_ choice: Settings.EmbedderChoice? = nil) throws -> any Embedder {
        switch choice ?? settings.embedder {
        case .minilm: try miniLM()
        case .openai: remote(settings.embeddingModel, dimension: settings.embeddingDimension)
        case .null: NullEmbedder()
        }
    }

    func embedder(for generation: IndexGeneration) throws -> any Embedder {
        let embedder: any Embedder =
            switch generation.embedder {
            case MiniLM.modelName: try miniLM()
            case NullEmbedder.modelName: NullEmbedder()
            case let name where name.hasPrefix(RemoteEmbedder.prefix):
                remote(String(name.dropFirst(RemoteEmbedder.prefix.count)), dimension: generation.dimension)
            default: throw UnknownEmbedder(generation)
            }
        guard embedder.dimension == generation.dimension else { throw UnknownEmbedder(generation) }
        return embedder
    }

    private func miniLM() throws -> any Embedder {
        try opened.withLock { opened in
            if let known = opened[MiniLM.modelName] { return known }
            let width = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
            let model = try MiniLM(directory: settings.modelFolder, width: width)
            opened[MiniLM.modelName] = model
            return model
        }
    }

    private func remote(_ model: String, dimension: Int) -> any Embedder {
        opened.withLock { opened in
            let key = "\(model)/\(dimension)"
            if let known = opened[key] { return known }
            var retries = RetryPolicy()
            retries.attempts = patience.attempts
            let embedder = RemoteEmbedder(
                model: model,
                dimension: dimension,
                upstream: Upstream(
                    client: HTTPClient(),
                    baseURL: settings.openAIBaseURL,
                    key: settings.openAIKey,
                    timeout: patience.timeout,
                    retries: retries
                )
            )
            opened[key] = embedder
            return embedder
        }
    }
}

/// Vectors without meaning, at no cost: for measuring what everything but the embedder costs (`EMBEDDER=null`).
struct NullEmbedder: Embedder {
    static let modelName = "null"

    let name = NullEmbedder.modelName
    /// As many as MiniLM's, so that storing them costs the same.
    let dimension = 384

    func embed(_ texts: [String]) async throws -> [[Float]] {
        var vector = [Float](repeating: 0, count: dimension)
        vector[0] = 1
        return texts.map { _ in vector }
    }
}
