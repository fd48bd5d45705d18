import Foundation
public import Retrieval

/// Embeddings of any OpenAI-compatible endpoint, each vector checked before it is believed.
public struct RemoteEmbedder: Embedder {
    /// Of the names of remote models.
    public static let prefix = "openai:"
    /// Texts in one request.
    private static let batch = 96
    private static let largestReply = 64 << 20

    public let name: String
    public let dimension: Int
    private let model: String
    private let upstream: Upstream

    public init(model: String, dimension: Int, upstream: Upstream) {
        name = "\(Self.prefix)\(model)"
        self.model = model
        self.dimension = dimension
        self.upstream = upstream
    }

    /// Asks the server how long its vectors are.
    public static func connect(model: String, upstream: Upstream) async throws -> RemoteEmbedder {
        let items = try await request(["dimension"], model, upstream)
        guard let vector = items.first?.embedding, !vector.isEmpty else {
            throw OutboundError.malformed("The server gave no embedding.")
        }
        return RemoteEmbedder(model: model, dimension: vector.count, upstream: upstream)
    }

    public func embed(_ texts: [String]) async throws -> [[Float]] {
        var vectors: [[Float]] = []
        vectors.reserveCapacity(texts.count)
        for start in stride(from: 0, to: texts.count, by: Self.batch) {
            // Many servers refuse empty texts.
            let part = texts[start..<min(start + Self.batch, texts.count)].map { $0.isEmpty ? " " : $0 }
            let items = try await Self.request(part, model, upstream)
            vectors += try Self.checked(items, count: part.count, dimension: dimension)
        }
        return vectors
    }

    package struct Item: Decodable, Sendable {
        let index: Int?
        let embedding: [Float]

        package init(index: Int?, embedding: [Float]) {
            self.index = index
            self.embedding = embedding
        }
    }

    private struct Request: Encodable {
        let model: String
        let input: [String]
        let encodingFormat = "float"

        enum CodingKeys: String, CodingKey {
            case model, input
            case encodingFormat = "encoding_format"
        }
    }

    private struct Reply: Decodable { let data: [Item] }

    private static func request(_ texts: [String], _ model: String, _ upstream: Upstream) async throws -> [Item] {
        let body = try JSONEncoder().encode(Request(model: model, input: texts))
        return try await upstream.post("/embeddings", body) { reply in
            let data = try await reply.collected(limit: largestReply)
            do {
                return try JSONDecoder().decode(Reply.self, from: data).data
            } catch {
                // NaN is not JSON, and ends here too.
                throw OutboundError.malformed("The embeddings are not the JSON that was expected.")
            }
        }
    }

    /// In the order of the texts, L2-normalised; wrong count, length or numbers are refused.
    package static func checked(_ items: [Item], count: Int, dimension: Int) throws -> [[Float]] {
        guard items.count == count else {
            throw OutboundError.malformed("\(items.count) embeddings came for \(count) texts.")
        }
        let ordered = items.enumerated().map { (place: $1.index ?? $0, item: $1) }.sorted { $0.place < $1.place }
        guard ordered.map(\.place) == Array(0..<count) else {
            throw OutboundError.malformed("The embeddings' indexes are not those of the texts.")
        }
        return try ordered.map { _, item in
            guard item.embedding.count == dimension else {
                throw OutboundError.malformed(
                    "An embedding has \(item.embedding.count) numbers instead of \(dimension)."
                )
            }
            let length = item.embedding.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            guard length.isFinite, length > 0 else {
                throw OutboundError.malformed("An embedding is no direction: zero, infinite or not a number.")
            }
            return item.embedding.map { $0 / length }
        }
    }
}
