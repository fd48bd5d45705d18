public import Domain
import Foundation

/// The job table and what its workers read and write, each call one transaction.
public protocol JobQueue: Sendable {
    /// The generations that new content goes into: the serving one first, then one that is being built.
    func activeGenerations() async throws -> [IndexGeneration]

    /// Leases ready jobs so that no other worker takes them.
    func lease(limit: Int, for duration: Duration) async throws -> [IndexJob]

    /// Sources as they stand now; one that is gone, or whose file may not be indexed, is missing.
    func documents(for sources: [SourceReference]) async throws -> [SourceReference: SourceDocument]

    /// The vectors that are stored already, by generation, source and content hash.
    func storedVectors(of sources: [SourceReference], in generation: Int32) async throws -> StoredVectors

    /// Replaces the sources' chunks and removes the jobs, where lease and revision still hold.
    /// A job whose source changed meanwhile stays, to be done again; one whose lease was lost is left alone.
    func complete(_ results: [IndexedSource]) async throws

    /// Gives a job back for a later try, or, when `isFinal`, to the dead letters.
    func fail(_ job: IndexJob, reason: String, retryAfter: Duration, isFinal: Bool) async throws

    /// Lengthens the leases of jobs that are still being worked on.
    func extend(_ jobs: [IndexJob], by duration: Duration) async throws

    /// Notes why a file's text cannot be had.
    func markUnindexable(_ file: FileID, reason: String) async throws
}

/// A model, dimension and chunking recipe, and the vectors made with them.
public struct IndexGeneration: Sendable, Equatable {
    public let id: Int32
    public let embedder: String
    public let dimension: Int
    public let recipe: String
    public let isServing: Bool

    public init(id: Int32, embedder: String, dimension: Int, recipe: String, isServing: Bool) {
        self.id = id
        self.embedder = embedder
        self.dimension = dimension
        self.recipe = recipe
        self.isServing = isServing
    }
}

/// What became of one job.
public struct IndexedSource: Sendable {
    public let job: IndexJob
    /// Nil when the source is gone: its chunks went with it.
    public let document: SourceDocument?
    public let chunks: [Int32: [EmbeddedChunk]]
    /// A file's text, to be kept so that it need not be extracted again.
    public let extractedText: String?

    package init(
        job: IndexJob,
        document: SourceDocument?,
        chunks: [Int32: [EmbeddedChunk]],
        extractedText: String?
    ) {
        self.job = job
        self.document = document
        self.chunks = chunks
        self.extractedText = extractedText
    }
}
