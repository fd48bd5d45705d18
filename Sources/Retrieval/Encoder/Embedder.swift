/// Turns texts into vectors whose inner product says how alike their meanings are.
public protocol Embedder: Sendable {
    /// Names model and version; stored with every index generation.
    var name: String { get }
    /// Numbers in a vector.
    var dimension: Int { get }
    /// One L2-normalised vector of `dimension` numbers for each text, in order.
    func embed(_ texts: [String]) async throws -> [[Float]]
    /// The same with a vector for each word piece, from models that have them.
    func encode(_ texts: [String]) async throws -> [TextEncoding]
}

extension Embedder {
    public func encode(_ texts: [String]) async throws -> [TextEncoding] {
        try await embed(texts).map { TextEncoding(vector: $0) }
    }
}
