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
        let explain: Explain?

        /// Rank and score in each leg, what was added, and why it stands where it does.
        struct Explain: Encodable, Sendable {
            let rank: Int
            let fused: Double
            let legs: [String: Explanation.Leg]
            let bonuses: [String: Double]
            let ageSeconds: Double
            let notes: [String]

            enum CodingKeys: String, CodingKey {
                case rank, fused, legs, bonuses, notes
                case ageSeconds = "age_seconds"
            }

            init(_ hit: SearchService.Hit, rank: Int) {
                self.rank = rank
                fused = hit.explanation.fused
                legs = hit.explanation.legs
                bonuses = hit.explanation.bonuses
                ageSeconds = hit.explanation.age.rounded()
                notes = hit.notes
            }
        }

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

    let results: [Result]
    /// `fused`, or `lexical` when the embedder does not answer.
    let mode: String
    let explain: SearchExplanation?

    /// - Parameter explained: the query, when the answer is to tell how it came about.
    public init(_ outcome: SearchService.Outcome, explained query: SearchService.Query? = nil) {
        results = outcome.hits.enumerated().map { place, hit in
            Result(
                score: hit.score,
                source: hit.evidence.source,
                conversationID: hit.evidence.conversation,
                text: hit.evidence.text,
                author: hit.evidence.authorName,
                title: hit.evidence.title,
                locator: hit.evidence.locator,
                createdAt: hit.evidence.createdAt,
                explain: query == nil ? nil : Result.Explain(hit, rank: place + 1)
            )
        }
        mode = outcome.isLexicalOnly ? "lexical" : "fused"
        explain = query.map { SearchExplanation(outcome, $0) }
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
