public import Domain
public import Foundation

/// One question to the index.
public struct SearchRequest: Sendable {
    public enum Legs: String, Sendable {
        case fused
        case dense
        case lexical
    }

    public var query: String
    /// Of the query, without people's names in it when `legs` is fused; nil searches by words alone.
    public var embedding: [Float]?
    /// [pieces, dimension] of the same text, where the model has them.
    public var pieces: [Float]
    /// Of what the query is about (`QuestionMatter`), for meetings; nil where that is all of it.
    public var matter: [Float]?
    public var limit: Int
    public var sources: Set<SourceKind>?
    public var conversation: ConversationID?
    public var since: Date?
    public var until: Date?
    /// Anchors expressions such as "yesterday".
    public var now: Date
    public var timeZone: TimeZone
    public var legs: Legs
    /// How exact the comparison of vectors must be; nil is certified where that is quick.
    public var mode: VectorMode?
    /// Whom the query names: their words count more.
    public var people: Set<UserID>

    public init(
        query: String,
        embedding: [Float]?,
        pieces: [Float] = [],
        matter: [Float]? = nil,
        limit: Int,
        sources: Set<SourceKind>? = nil,
        conversation: ConversationID? = nil,
        since: Date? = nil,
        until: Date? = nil,
        now: Date,
        timeZone: TimeZone = .gmt,
        legs: Legs = .fused,
        mode: VectorMode? = nil,
        people: Set<UserID> = []
    ) {
        self.query = query
        self.embedding = embedding
        self.pieces = pieces
        self.matter = matter
        self.limit = limit
        self.sources = sources
        self.conversation = conversation
        self.since = since
        self.until = until
        self.now = now
        self.timeZone = timeZone
        self.legs = legs
        self.mode = mode
        self.people = people
    }
}

/// One passage that was found, and why it stands where it does.
public struct RankedPassage: Sendable {
    public let chunk: ChunkID
    public let source: SourceReference
    public let conversation: ConversationID?
    public let author: UserID?
    public let createdAt: Date
    public let score: Double
    public let explanation: Explanation
}

/// A candidate that is no result.
public struct DroppedPassage: Sendable {
    public let chunk: ChunkID
    public let score: Double
    public let reason: String
}

/// How a passage came by its rank.
public struct Explanation: Sendable, Codable, Equatable {
    public struct Leg: Sendable, Codable, Equatable {
        /// From 1; nil when the leg did not find it.
        public var rank: Int?
        public var score: Double
    }

    public var legs: [String: Leg] = [:]
    /// What was added for form, people, places, times and exact words.
    public var bonuses: [String: Double] = [:]
    public var fused: Double = 0
    /// Seconds from when it was written to the question.
    public var age: TimeInterval = 0
}

/// What a search found and what it left out.
public struct SearchOutcome: Sendable {
    public var results: [RankedPassage]
    /// Candidates that are no results, best first, with the reason.
    public var dropped: [DroppedPassage]
    /// Passages that some leg proposed.
    public var candidates: Int
    public var reading: QuestionReading
    /// Passages that were looked at: all that the asker may see and the filters let through.
    public var scored: Int
    /// Rarity of each of the question's terms among the asker's passages.
    public var rarity: [String: Double]
}
