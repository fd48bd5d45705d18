public import Domain
public import Retrieval

/// Vectors that need not be computed again, because what the embedder would read has not changed.
public struct StoredVectors: Sendable {
    private var vectors: [SourceReference: [[UInt8]: [Facet: [Float]]]] = [:]
    private var codes: [SourceReference: [[UInt8]: PieceCodes]] = [:]

    public init() {}

    public mutating func add(_ vector: [Float], _ facet: Facet, of source: SourceReference, hash: [UInt8]) {
        vectors[source, default: [:]][hash, default: [:]][facet] = vector
    }

    public mutating func add(_ codes: PieceCodes, of source: SourceReference, hash: [UInt8]) {
        self.codes[source, default: [:]][hash] = codes
    }

    func codes(of source: SourceReference, hash: [UInt8]) -> PieceCodes? { codes[source]?[hash] }

    /// Nil unless all of `facets` are there.
    func vectors(of source: SourceReference, hash: [UInt8], facets: some Collection<Facet>) -> [Facet: [Float]]? {
        guard let found = vectors[source]?[hash], facets.allSatisfy({ found[$0] != nil }) else { return nil }
        return found
    }
}
