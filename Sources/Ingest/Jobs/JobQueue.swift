public import Domain
import Foundation

/// The job table and what its workers read and write, each call one transaction.
public protocol JobQueue: Sendable {
    /// The generations that new content goes into: the serving one first, then one that is being built.
    func activeGenerations() async throws -> [IndexGeneration]

    /// Leases ready jobs of a generation so that no other worker takes them, what was written just now first.
    func lease(limit: Int, for duration: Duration, of generation: Int32, in lane: JobLane) async throws -> [IndexJob]

    /// Sources as they stand now; one that is gone, or whose file may not be indexed, is missing.
    func documents(for sources: [SourceReference]) async throws -> [SourceReference: SourceDocument]

    /// The vectors that are stored already, by generation, source and content hash.
    func storedVectors(of sources: [SourceReference], in generation: Int32) async throws -> StoredVectors

    /// Replaces the sources' chunks in a generation and removes the jobs, where the leases still hold.
    /// What changed meanwhile, or was given to somebody else, is left alone.
    func complete(_ results: [IndexedSource], in generation: Int32) async throws

    /// Gives jobs back for a later try, or to the dead letters.
    func fail(_ failures: [FailedJob]) async throws

    /// Gives jobs back as they were, to be taken at once by anybody.
    func release(_ jobs: [IndexJob]) async throws

    /// Lengthens the leases of jobs that are still being worked on.
    func extend(_ jobs: [IndexJob], by duration: Duration) async throws
}

/// Jobs that wait for each other: a file may take minutes to be read, and what people say does not wait for it.
public enum JobLane: Sendable, CaseIterable {
    /// Messages, statuses, comments and schedules.
    case words
    case files
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
    public let chunks: [EmbeddedChunk]
    /// A file's text, to be kept so that it need not be extracted again.
    public let extractedText: ExtractedText?
    /// What of a file is not searched, as a sentence.
    public let note: String?
    /// Why a file's text cannot be had.
    public let refusal: String?

    package init(
        job: IndexJob,
        document: SourceDocument?,
        chunks: [EmbeddedChunk],
        extractedText: ExtractedText? = nil,
        note: String? = nil,
        refusal: String? = nil
    ) {
        self.job = job
        self.document = document
        self.chunks = chunks
        self.extractedText = extractedText
        self.note = note
        self.refusal = refusal
    }
}
