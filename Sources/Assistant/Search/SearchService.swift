public import Domain
public import Foundation
public import Logging
public import Retrieval

/// Finds what answers a question among what the asker may see.
public struct SearchService: Sendable {
    public static let largestLimit = 100
    public static let longestQuery = 4000

    private let grants: any GrantsSource
    private let evidence: any EvidenceReader
    private let serving: ServingIndex
    private let logger: Logger
    private let now: @Sendable () -> Date

    public init(
        grants: any GrantsSource,
        evidence: any EvidenceReader,
        serving: ServingIndex,
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.grants = grants
        self.evidence = evidence
        self.serving = serving
        self.logger = logger
        self.now = now
    }

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
    }

    public struct Outcome: Sendable {
        public var hits: [Hit]
        public var dropped: [(chunk: ChunkID, reason: String)]
        public var scored: Int
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

    public func search(_ query: Query, for principal: Principal) async throws -> Outcome {
        try check(query)
        // One index and its model for the whole question, whatever takes over meanwhile.
        let serving = serving.current
        let index = serving.index
        let held = try await grants.grants(of: principal)
        let others = try await roommates(query.room, principal)
        let people = index.people(admittedBy: held)
        let (encoding, isLexicalOnly) = try await embed(query, people, serving)

        var request = SearchRequest(
            query: query.text,
            embedding: encoding?.vector,
            pieces: encoding?.pieces ?? [],
            limit: query.limit,
            sources: query.sources.map(Self.withComments),
            conversation: query.conversation,
            since: query.since,
            until: query.until,
            now: now(),
            timeZone: query.timeZone,
            legs: encoding == nil ? .lexical : query.legs
        )
        // In a room some of what ranks is held back: look further down the list.
        if query.room != nil { request.limit = min(Self.largestLimit, query.limit * 3) }
        let found = index.search(request, admittedBy: held)
        let readable = try await evidence.evidence(found.results.map(\.chunk), for: principal)

        var outcome = Outcome(
            hits: [],
            dropped: found.dropped,
            scored: found.scored,
            rarity: found.rarity,
            isLexicalOnly: isLexicalOnly,
            embedding: encoding?.vector,
            heldBackFromRoom: 0,
            people: people,
            generation: serving.generation,
            embedder: serving.embedder
        )
        for result in found.results {
            guard let text = readable[result.chunk] else {
                outcome.dropped.append((result.chunk, "changed or hidden since it was indexed"))
                continue
            }
            guard others.isEmpty || index.everyone(in: others, mayRead: text.source) else {
                outcome.heldBackFromRoom += 1
                continue
            }
            guard outcome.hits.count < query.limit else { break }
            outcome.hits.append(Hit(evidence: text, score: result.score, explanation: result.explanation))
        }
        return outcome
    }

    private func roommates(_ room: ConversationID?, _ principal: Principal) async throws -> [Grants] {
        guard let room else { return [] }
        let members = try await grants.sharedGrants(ofMembersOf: room, for: principal)
        guard !members.isEmpty else { throw PublicError(.notFound, "No such conversation.") }
        return members
    }

    private func embed(
        _ query: Query,
        _ people: People,
        _ serving: ServingIndex.State
    ) async throws -> (encoding: TextEncoding?, isLexicalOnly: Bool) {
        guard query.legs != .lexical else { return (nil, false) }
        // Names are matched to people, and would only pull the vector towards them.
        let text = query.legs == .fused ? people.stripped(query.text) : query.text
        do {
            let encodings = try await serving.embedder.encode([text])
            guard encodings.count == 1, encodings[0].vector.count == serving.index.dimension else { return (nil, true) }
            return (encodings[0], false)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning("embedder failed; searching by words alone", metadata: ["error": "\(error)"])
            return (nil, true)
        }
    }

    private func check(_ query: Query) throws {
        guard query.text.contains(where: { !$0.isWhitespace }) else {
            throw PublicError(.invalid, "Ask something.", fields: [.init("/query", "must not be empty")])
        }
        guard query.text.count <= Self.longestQuery else {
            throw PublicError(
                .invalid,
                "The question is too long.",
                fields: [.init("/query", "must have at most \(Self.longestQuery) characters")]
            )
        }
        guard (1...Self.largestLimit).contains(query.limit) else {
            throw PublicError(
                .invalid,
                "The limit is out of range.",
                fields: [.init("/limit", "must be from 1 to \(Self.largestLimit)")]
            )
        }
    }

    /// Comments belong to statuses: whoever wants the ones wants the others.
    private static func withComments(_ sources: Set<SourceKind>) -> Set<SourceKind> {
        sources.contains(.status) ? sources.union([.comment]) : sources
    }
}
