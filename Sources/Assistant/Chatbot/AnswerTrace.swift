public import Domain
public import Foundation
import Retrieval

/// How an answer came about; kept with it, without any text of others.
public struct AnswerTrace: Codable, Sendable {
    public struct Candidate: Codable, Sendable {
        public let source: SourceReference
        public let chunk: ChunkID?
        public let rank: Int
        public let score: Double
        public let legs: [String: Double]
        /// In each leg, from 1; nil in traces of earlier versions.
        public let ranks: [String: Int]?
        public let bonuses: [String: Double]
        public let age: TimeInterval
        /// What the gate weighed: likeness to the question, and the share of its words.
        public let similarity: Double?
        public let share: Double?
        /// Why it was no evidence; nil when it was.
        public var dropped: String?
    }

    public struct Dropped: Codable, Sendable {
        public let chunk: ChunkID
        public let reason: String
    }

    /// The question as it was searched for.
    public var standalone: String
    public var timeZone: String
    public var room: ConversationID?
    public var conversation: ConversationID?
    public var since: Date?
    public var sources: [SourceKind]?
    public var candidates: [Candidate] = []
    public var dropped: [Dropped] = []
    public var scored = 0
    public var isLexicalOnly = false
    /// The index that answered; nil when none was asked.
    public var generation: Int32?
    public var heldBackFromRoom = 0
    public var model: String?
    public var freshThrough: Date?
    public var pending = 0
    /// Milliseconds by stage.
    public var timings: [String: Double] = [:]

    enum CodingKeys: String, CodingKey {
        case standalone, room, conversation, since, sources, candidates, dropped, scored, generation, model, pending,
            timings
        case timeZone = "timezone"
        case isLexicalOnly = "lexical_only"
        case heldBackFromRoom = "held_back_from_room"
        case freshThrough = "fresh_through"
    }

    init(_ question: ChatbotQuestion, standalone: String) {
        self.standalone = standalone
        timeZone = question.timeZone.identifier
        room = question.room
        conversation = question.conversation
        since = question.since
        sources = question.sources.map { $0.sorted { $0.rawValue < $1.rawValue } }
    }

    mutating func add(_ outcome: SearchService.Outcome, _ context: ContextBuilder.Context, now: Date) {
        let admitted = Set(context.passages.map(\.hit.evidence.chunk))
        candidates = outcome.hits.enumerated().map { rank, hit in
            Candidate(
                source: hit.evidence.source,
                chunk: hit.evidence.chunk,
                rank: rank + 1,
                score: hit.score,
                legs: hit.explanation.legs.mapValues(\.score),
                ranks: hit.explanation.legs.compactMapValues(\.rank),
                bonuses: hit.explanation.bonuses,
                age: now.timeIntervalSince(hit.evidence.createdAt),
                similarity: hit.evidence.chunk.flatMap { context.judgements[$0]?.similarity },
                share: hit.evidence.chunk.flatMap { context.judgements[$0]?.share },
                dropped: admitted.contains(hit.evidence.chunk)
                    ? nil : "too little of the question, said already, or beyond the budget"
            )
        }
        dropped = outcome.dropped.prefix(50).compactMap { dropped in
            dropped.chunk.map { Dropped(chunk: $0, reason: dropped.reason) }
        }
        scored = outcome.scored
        isLexicalOnly = outcome.isLexicalOnly
        generation = outcome.generation
        heldBackFromRoom = outcome.heldBackFromRoom
    }
}

/// Takes the time of each stage.
struct StageClock {
    private(set) var timings: [String: Double] = [:]
    private var last = ContinuousClock.now

    mutating func lap(_ stage: String) {
        let now = ContinuousClock.now
        timings[stage, default: 0] += (now - last) / .milliseconds(1)
        last = now
    }
}
