public import Domain
public import Retrieval

/// Keeps the table in which the database compares vectors equal to the vectors that were made.
public protocol VectorFiller: Sendable {
    /// All that it lacks of a generation; may take long.
    func fill(_ generation: IndexGeneration) async throws

    func fill(_ sources: Set<SourceReference>, in generation: Int32) async throws
}

/// Where the index in memory is filled from.
public protocol PassageSource: Sendable {
    /// All passages of a generation, as they were at one moment, for `index`.
    func passages(of generation: Int32, for index: SearchIndex) async throws -> IndexLoader

    /// Waits until what these transactions committed is what other transactions see: the feed tells of a commit before
    /// that, and one that was told later may be seen earlier.
    func waitUntilVisible(_ transactions: Set<UInt32>) async throws

    /// The passages of some sources as they are now; a source without any is there with none.
    func passages(
        of sources: [SourceReference],
        in generation: Int32
    ) async throws -> [SourceReference: [Passage]]
}
