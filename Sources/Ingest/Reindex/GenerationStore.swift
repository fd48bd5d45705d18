public import Domain

/// Makes, switches and counts index generations.
public protocol GenerationStore: Sendable {
    /// The serving generation; made, and given all there is to index, when there is none yet.
    func ensureServing(embedder: String, dimension: Int, recipe: String) async throws -> IndexGeneration

    /// The generation under construction for this model and recipe: an unfinished one, or a new one.
    func beginBuilding(embedder: String, dimension: Int, recipe: String, resume: Bool) async throws -> IndexGeneration

    /// Orders the sources to be indexed (again) and says how many there are.
    func enqueue(_ selection: ReindexSelection) async throws -> Int

    /// How many sources `enqueue` would order.
    func count(_ selection: ReindexSelection) async throws -> Int

    /// Jobs that are waiting or under way.
    func pendingJobs() async throws -> Int

    /// Sources with text that this generation holds no chunk of.
    func uncovered(by generation: Int32) async throws -> Int

    /// Lets a generation serve, in one transaction, instead of the one that did.
    func activate(_ generation: Int32) async throws
}

/// What to index again.
public enum ReindexSelection: Sendable, Equatable {
    case everything
    case kind(SourceKind)
    /// Written, or beginning, at or after this time (RFC 3339).
    case since(String)
    /// Only what is waiting already.
    case pending
}
