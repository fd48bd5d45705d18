public import Domain

/// Makes, switches and counts index generations.
public protocol GenerationStore: Sendable {
    /// The serving generation; made, and given all there is to index, when there is none yet.
    func ensureServing(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration

    /// The generation under construction, if any.
    func building() async throws -> IndexGeneration?

    /// Begins the next generation: from now on writes order their indexing in it too.
    ///
    /// - Throws: `GenerationConflict` when one is under construction.
    func begin(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration

    /// Takes the generation that served before back under construction and orders what changed since.
    ///
    /// - Throws: `GenerationConflict` when there is none, or one is under construction.
    func beginRollback() async throws -> IndexGeneration

    /// Orders everything in a generation that was begun; does nothing when that was done.
    func order(_ generation: Int32) async throws

    /// Orders sources to be indexed again where they are, and says how many there are.
    func enqueue(_ selection: ReindexSelection) async throws -> Int

    /// How many sources `enqueue` would order.
    func count(_ selection: ReindexSelection) async throws -> Int

    func jobs(of generation: Int32) async throws -> JobCounts

    func coverage(of generation: Int32) async throws -> Coverage

    /// Lets a generation serve, in one transaction, instead of the one that did; its coverage is proven in it.
    ///
    /// - Throws: `IncompleteGeneration`; `GenerationConflict` when it is no longer under construction.
    func activate(_ generation: Int32) async throws -> Coverage

    /// Stops the construction; says what was under construction, if anything was.
    func cancel() async throws -> IndexGeneration?

    /// Removes, little by little, generations that nobody can go back to.
    func sweep() async throws

    func note(_ progress: ReindexProgress, of generation: Int32) async throws
}

/// What to index again.
public enum ReindexSelection: Sendable, Equatable {
    case kind(SourceKind)
    /// Written, or beginning, at or after this time (RFC 3339).
    case since(String)
    /// Only what is waiting already.
    case pending
}

/// The jobs of one generation.
public struct JobCounts: Sendable, Equatable {
    /// Waiting or under way.
    public let pending: Int
    /// Of these, ordered with many others.
    public let bulk: Int
    public let dead: Int

    public init(pending: Int, bulk: Int, dead: Int) {
        self.pending = pending
        self.bulk = bulk
        self.dead = dead
    }
}

/// What a generation should hold, and does.
public struct Coverage: Sendable, Equatable {
    /// Sources with text.
    public let eligible: Int
    /// Of these, sources that it has passages of.
    public let indexed: Int
    /// Of the others, sources that no job will bring.
    public let missing: Int

    public init(eligible: Int, indexed: Int, missing: Int) {
        self.eligible = eligible
        self.indexed = indexed
        self.missing = missing
    }
}

/// How far a re-index has come.
public struct ReindexProgress: Sendable, Equatable {
    public let done: Int
    public let total: Int
    /// Sources a second since it was started or resumed.
    public let rate: Double

    /// Nil while nobody can tell.
    public var secondsLeft: Double? { rate > 0 ? Double(max(0, total - done)) / rate : nil }
}

/// A new generation does not hold all it should; the old one goes on serving.
public struct IncompleteGeneration: Error, CustomStringConvertible {
    private let coverage: Coverage

    public init(_ coverage: Coverage) {
        self.coverage = coverage
    }

    public var description: String {
        "\(coverage.indexed) of \(coverage.eligible) sources are indexed and \(coverage.missing) could not be, so the old"
            + " index goes on serving. `labsync jobs list` names the reasons; after `labsync jobs retry`,"
            + " `labsync reindex --resume` goes on."
    }
}

/// Something else is being done with the generations; the sentence says what, and what to do.
public struct GenerationConflict: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
