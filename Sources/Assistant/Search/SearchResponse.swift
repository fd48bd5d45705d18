import Domain
public import Foundation
import Retrieval

/// What `/api/search` and `labsync search --json` answer.
public struct SearchResponse: Encodable, Sendable {
    struct Result: Encodable, Sendable {
        let score: Double
        let source: SourceReference
        let conversationID: ConversationID?
        let text: String
        let author: String?
        let title: String?
        let locator: String?
        let createdAt: Date
        let explain: Explanation?

        enum CodingKeys: String, CodingKey {
            case score, source, text, author, title, locator, explain
            case conversationID = "conversation_id"
            case createdAt = "created_at"
        }

        /// What is not there is null, but `explain` is left out unless it was asked for.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(score, forKey: .score)
            try container.encode(source, forKey: .source)
            try container.encode(conversationID, forKey: .conversationID)
            try container.encode(text, forKey: .text)
            try container.encode(author, forKey: .author)
            try container.encode(title, forKey: .title)
            try container.encode(locator, forKey: .locator)
            try container.encode(createdAt, forKey: .createdAt)
            try container.encodeIfPresent(explain, forKey: .explain)
        }
    }

    struct Dropped: Encodable, Sendable {
        let chunk: ChunkID
        let reason: String
    }

    let results: [Result]
    /// `fused`, or `lexical` when the embedder does not answer.
    let mode: String
    let dropped: [Dropped]?

    public init(_ outcome: SearchService.Outcome, explain: Bool) {
        results = outcome.hits.map { hit in
            Result(
                score: hit.score,
                source: hit.evidence.source,
                conversationID: hit.evidence.conversation,
                text: hit.evidence.text,
                author: hit.evidence.authorName,
                title: hit.evidence.title,
                locator: hit.evidence.locator,
                createdAt: hit.evidence.createdAt,
                explain: explain ? hit.explanation : nil
            )
        }
        mode = outcome.isLexicalOnly ? "lexical" : "fused"
        dropped = explain ? outcome.dropped.map { Dropped(chunk: $0.chunk, reason: $0.reason) } : nil
    }

    public func json(pretty: Bool = false) throws -> Data {
        try AssistantJSON.encode(self, pretty: pretty)
    }
}

/// How the assistant's answers are written: RFC 3339 times, keys in a fixed order.
public enum AssistantJSON {
    public static func encode(_ value: some Encodable, pretty: Bool = false) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty
            ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        }
        return try encoder.encode(value)
    }
}
