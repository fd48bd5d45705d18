public import Domain
public import Foundation

/// Vectors that are kept and compared in the database. Every method answers as the asker: what the database does not show
/// them is not there.
public protocol VectorTable: Sendable {
    /// The passages whose vectors of some facets are nearest to a question's, best first.
    func nearest(
        _ facets: [Facet],
        to question: [Float],
        _ limit: Int,
        in view: VectorView,
        for principal: Principal
    ) async throws -> [Facet: [StoredPassage]]

    /// The inner product of a question's vector with those of some passages.
    func scores(
        of chunks: [ChunkID],
        with question: [Float],
        for principal: Principal
    ) async throws -> [Facet: [ChunkID: Float]]

    /// The passages' own vectors.
    func vectors(of chunks: [ChunkID], for principal: Principal) async throws -> [ChunkID: [Float]]
}

/// The part of the table that a question looks at: a filter for speed, and never wider than what the policies show.
public struct VectorView: Sendable {
    public var generation: Int32
    public var scopes: [Scope]
    public var sources: Set<SourceKind>?
    public var since: Date?
    public var until: Date?
    /// Passages in it, about.
    public var passages: Int

    public init(
        generation: Int32,
        scopes: [Scope],
        sources: Set<SourceKind>? = nil,
        since: Date? = nil,
        until: Date? = nil,
        passages: Int
    ) {
        self.generation = generation
        self.scopes = scopes
        self.sources = sources
        self.since = since
        self.until = until
        self.passages = passages
    }
}

public struct StoredPassage: Sendable, Hashable {
    public let chunk: ChunkID
    public let source: SourceReference

    public init(chunk: ChunkID, source: SourceReference) {
        self.chunk = chunk
        self.source = source
    }
}
