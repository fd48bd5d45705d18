import Domain
import Foundation
import Retrieval

/// How a search came to its results: what the question was read as, what was looked at, and what was left out.
struct SearchExplanation: Encodable, Sendable {
    struct Span: Encodable, Sendable {
        let from: Date
        let to: Date
    }

    struct Reading: Encodable, Sendable {
        let times: [Span]
        let asksWhen: Bool
        let wantsLatest: Bool
        let phrases: [String]
        let identifiers: [String]
        let people: [UserID]
        let conversations: [ConversationID]

        enum CodingKeys: String, CodingKey {
            case times, phrases, identifiers, people, conversations
            case asksWhen = "asks_when"
            case wantsLatest = "wants_latest"
        }

        init(_ reading: QuestionReading) {
            times = reading.times.map { Span(from: $0.lowerBound, to: $0.upperBound) }
            asksWhen = reading.asksWhen
            wantsLatest = reading.wantsLatest
            phrases = reading.exact.phrases
            identifiers = reading.exact.identifiers.sorted()
            people = reading.people.sorted()
            conversations = reading.conversations.sorted()
        }
    }

    struct Filters: Encodable, Sendable {
        let sources: [SourceKind]?
        let conversation: ConversationID?
        let since: Date?
        let until: Date?

        enum CodingKeys: String, CodingKey {
            case sources, since, until
            case conversation = "conversation_id"
        }
    }

    struct Dropped: Encodable, Sendable {
        let chunk: ChunkID?
        let source: SourceReference?
        let score: Double
        let reason: String
    }

    let question: Reading
    let filters: Filters
    /// Passages that the asker may see and the filters let through.
    let scored: Int
    /// Of them, those that some leg proposed and that were ranked.
    let candidates: Int
    let dropped: [Dropped]
    let generation: Int32?

    init(_ outcome: SearchService.Outcome, _ query: SearchService.Query) {
        question = Reading(outcome.reading)
        filters = Filters(
            sources: query.sources?.sorted { $0.rawValue < $1.rawValue },
            conversation: query.conversation,
            since: query.since,
            until: query.until
        )
        scored = outcome.scored
        candidates = outcome.candidates
        dropped = outcome.dropped.map {
            Dropped(chunk: $0.chunk, source: $0.source, score: $0.score, reason: $0.reason)
        }
        generation = outcome.generation
    }
}
