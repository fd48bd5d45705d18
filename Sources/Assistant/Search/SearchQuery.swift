public import Domain
public import Foundation
public import Retrieval

extension SearchService {
    /// What to look for and where.
    public struct Query: Sendable {
        public var text: String
        public var limit: Int
        public var sources: Set<SourceKind>?
        public var conversation: ConversationID?
        public var since: Date?
        public var until: Date?
        public var timeZone: TimeZone
        public var legs: SearchRequest.Legs
        /// Evidence is limited to what everybody in this conversation may see.
        public var room: ConversationID?
        /// How exact the comparison of vectors must be; nil is certified where that is quick.
        public var mode: VectorMode?
        /// Whether the sources of what was dropped are told.
        public var isExplained = false

        public init(
            _ text: String,
            limit: Int = 10,
            sources: Set<SourceKind>? = nil,
            conversation: ConversationID? = nil,
            since: Date? = nil,
            until: Date? = nil,
            timeZone: TimeZone = .gmt,
            legs: SearchRequest.Legs = .fused,
            room: ConversationID? = nil
        ) {
            self.text = text
            self.limit = limit
            self.sources = sources
            self.conversation = conversation
            self.since = since
            self.until = until
            self.timeZone = timeZone
            self.legs = legs
            self.room = room
        }
    }

    public struct Hit: Sendable {
        public let evidence: Evidence
        public let score: Double
        public let explanation: Explanation
        /// Why it stands elsewhere than its score says.
        public var notes: [String] = []
    }

    /// A candidate that is no hit. The source is known only of what was read back as the asker.
    public struct Dropped: Sendable {
        public let chunk: ChunkID?
        public let source: SourceReference?
        public let score: Double
        public let reason: String
    }

    public struct Outcome: Sendable {
        public var hits: [Hit]
        public var dropped: [Dropped]
        public var scored: Int
        /// Passages that were ranked.
        public var candidates: Int
        public var reading: QuestionReading
        /// Rarity of each of the question's terms among what the asker may see.
        public var rarity: [String: Double]
        /// True when the embedder failed and only words were compared.
        public var isLexicalOnly: Bool
        /// L2-normalised, of the question as the index was asked; nil when lexical only.
        public var embedding: [Float]?
        /// What ranked but is not for the whole room to see.
        public var heldBackFromRoom: Int
        /// Whose words the asker may read.
        public var people: People
        /// The index generation that answered, and its model.
        public var generation: Int32?
        public var embedder: any Embedder
    }
}
