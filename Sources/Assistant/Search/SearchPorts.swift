public import Domain
public import Foundation

/// What a user holds, asked of the database for every request, so that a revocation counts from the next one on.
public protocol GrantsSource: Sendable {
    /// Throws `PublicError(.unauthenticated)` for whoever is no member of the lab.
    func grants(of principal: Principal) async throws -> Grants

    /// What every member of a conversation holds: nobody may see more of an answer that is given there.
    func sharedGrants(ofMembersOf conversation: ConversationID, for principal: Principal) async throws -> [Grants]
}

/// Reads passages back as the asker: what the database does not show them is not there.
public protocol EvidenceReader: Sendable {
    func evidence(_ chunks: [ChunkID], for principal: Principal) async throws -> [ChunkID: Evidence]

    /// What stands around messages, statuses and comments, oldest first, without these themselves: the turns beside a
    /// message, a comment's status and the comments beside it, a status' first comments.
    func neighbours(
        of sources: [SourceReference],
        for principal: Principal
    ) async throws -> [SourceReference: [Evidence]]

    func indexFreshness(for principal: Principal) async throws -> IndexFreshness
}

/// A passage as it may be shown.
public struct Evidence: Sendable, Equatable {
    public let chunk: ChunkID?
    public let source: SourceReference
    public let conversation: ConversationID?
    public let author: UserID?
    public let authorName: String?
    /// A conversation's, event's or file's name.
    public let title: String?
    public let createdAt: Date
    public let startsAt: Date?
    public let endsAt: Date?
    /// Where in a file.
    public let locator: String?
    public let text: String

    public init(
        chunk: ChunkID?,
        source: SourceReference,
        conversation: ConversationID?,
        author: UserID?,
        authorName: String?,
        title: String?,
        createdAt: Date,
        startsAt: Date?,
        endsAt: Date?,
        locator: String?,
        text: String
    ) {
        self.chunk = chunk
        self.source = source
        self.conversation = conversation
        self.author = author
        self.authorName = authorName
        self.title = title
        self.createdAt = createdAt
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.locator = locator
        self.text = text
    }
}

/// How far the index has come.
public struct IndexFreshness: Sendable, Equatable {
    public internal(set) var generation: Int32?
    /// Everything committed before this is indexed.
    public let freshThrough: Date
    public let pending: Int

    public init(generation: Int32?, freshThrough: Date, pending: Int) {
        self.generation = generation
        self.freshThrough = freshThrough
        self.pending = pending
    }
}
