public import Retrieval

/// One passage of a source before it has vectors.
public struct Chunk: Sendable, Equatable {
    public let ordinal: Int
    /// What is shown and matched word by word.
    public let text: String
    /// Where in a file: "page 3", "line 40".
    public let locator: String?
    /// What the embedder reads, by facet.
    public let embedded: [Facet: String]

    public init(ordinal: Int, text: String, locator: String?, embedded: [Facet: String]) {
        self.ordinal = ordinal
        self.text = text
        self.locator = locator
        self.embedded = embedded
    }
}

/// A passage ready to be stored.
public struct EmbeddedChunk: Sendable {
    public let chunk: Chunk
    /// SHA-256 of everything the embedder read: equal hashes have equal vectors.
    public let contentHash: [UInt8]
    /// By facet, L2-normalised, the generation's dimension.
    public internal(set) var vectors: [Facet: [Float]]
    /// Empty where none are kept.
    public internal(set) var codes: PieceCodes

    init(_ chunk: Chunk, contentHash: [UInt8], vectors: [Facet: [Float]], codes: PieceCodes) {
        self.chunk = chunk
        self.contentHash = contentHash
        self.vectors = vectors
        self.codes = codes
    }
}
