public import Domain
public import Foundation

/// What is indexed and ranked: one chunk with its vectors.
public struct Passage: Sendable {
    public var chunk: ChunkID
    public var source: SourceReference
    public var scope: Scope
    public var conversation: ConversationID?
    public var author: UserID?
    public var authorName: String?
    public var title: String?
    public var createdAt: Date
    public var startsAt: Date?
    public var endsAt: Date?
    public var ordinal: Int
    public var text: String
    /// L2-normalised; the index's dimension.
    public var embeddings: [Facet: [Float]]
    /// Empty where none are kept.
    public var codes: PieceCodes

    public init(
        chunk: ChunkID,
        source: SourceReference,
        scope: Scope,
        conversation: ConversationID? = nil,
        author: UserID? = nil,
        authorName: String? = nil,
        title: String? = nil,
        createdAt: Date,
        startsAt: Date? = nil,
        endsAt: Date? = nil,
        ordinal: Int = 0,
        text: String,
        embeddings: [Facet: [Float]],
        codes: PieceCodes = PieceCodes()
    ) {
        self.chunk = chunk
        self.source = source
        self.scope = scope
        self.conversation = conversation
        self.author = author
        self.authorName = authorName
        self.title = title
        self.createdAt = createdAt
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.ordinal = ordinal
        self.text = text
        self.embeddings = embeddings
        self.codes = codes
    }
}
