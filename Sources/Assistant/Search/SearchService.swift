public import Domain
public import Foundation
public import Logging
public import Retrieval

/// Finds what answers a question among what the asker may see.
public struct SearchService: Sendable {
    public static let largestLimit = 100
    public static let longestQuery = 4000
    /// Passages beyond the limit that take the place of those that say the same as another.
    private static let spare = 5

    private let grants: any GrantsSource
    private let evidence: any EvidenceReader
    private let serving: ServingIndex
    private let logger: Logger
    private let now: @Sendable () -> Date
    private let guesses = TextGuesses()

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

    public func search(_ query: Query, for principal: Principal) async throws -> Outcome {
        try check(query)
        // One index and its model for the whole question, whatever takes over meanwhile.
        let serving = serving.current
        let index = serving.index
        // The model reads the question while the database is asked what the asker holds.
        let guess = guesses.text(of: query, for: principal)
        async let early = embed(guess, serving)
        let held = try await grants.grants(of: principal)
        let others = try await roommates(query.room, principal)
        let people = index.people(admittedBy: held)
        guesses.remember(people, of: principal)
        let text = people.textToEmbed(query)
        let ranking = serving.ranking
        var prepared = ranking.prepare(request(query, people), admittedBy: held)
        let encoding = try await text == guess ? early : embed(text, serving)
        if let encoding {
            prepared.request.embedding = encoding.vector
            prepared.request.pieces = encoding.pieces
            if prepared.readsMeetings, let text, let matter = QuestionMatter.of(text) {
                prepared.request.matter = try await embed(matter, serving)?.vector
            }
        } else if query.legs != .lexical {
            var request = prepared.request
            request.legs = .lexical
            prepared = ranking.prepare(request, admittedBy: held)
        }
        let found = try await ranking.search(prepared, for: principal)
        let explained = query.isExplained ? found.dropped.map(\.chunk) : []
        let readable = try await evidence.evidence(found.results.map(\.chunk) + explained, for: principal)

        var heldBack = 0
        // What is not readable any more was changed or hidden since it was indexed: it is not even mentioned.
        let candidates = found.results.compactMap { result -> Hit? in
            guard let text = readable[result.chunk] else { return nil }
            guard others.isEmpty || index.everyone(in: others, mayRead: text.source) else {
                heldBack += 1
                return nil
            }
            return Hit(evidence: text, score: result.score, explanation: result.explanation)
        }
        let selection = HitSelection(
            candidates,
            limit: query.limit,
            reading: found.reading,
            isPlain: query.legs != .fused,
            isOpen: query.conversation == nil
        )
        let dropped = found.dropped.filter { explained.isEmpty || readable[$0.chunk] != nil }.map {
            Dropped(chunk: $0.chunk, source: readable[$0.chunk]?.source, score: $0.score, reason: $0.reason)
        }
        return Outcome(
            hits: selection.hits,
            dropped: selection.dropped + dropped,
            scored: found.scored,
            candidates: found.candidates,
            reading: found.reading,
            rarity: found.rarity,
            isLexicalOnly: encoding == nil && query.legs != .lexical,
            embedding: encoding?.vector,
            heldBackFromRoom: heldBack,
            people: people,
            generation: serving.generation,
            embedder: serving.embedder
        )
    }

    /// Without its vector.
    private func request(_ query: Query, _ people: People) -> SearchRequest {
        var request = SearchRequest(
            query: query.text,
            embedding: nil,
            limit: query.limit,
            sources: query.sources.map(Self.withComments),
            conversation: query.conversation,
            since: query.since,
            until: query.until,
            now: now(),
            timeZone: query.timeZone,
            legs: query.legs,
            mode: query.mode,
            people: people.named(in: query.text)
        )
        // Some of what ranks is held back, or said already: look further down the list.
        if query.legs == .fused { request.limit += Self.spare }
        if query.room != nil { request.limit = min(Self.largestLimit, query.limit * 3) }
        // What is quoted is compared letter by letter once it is read.
        if !ExactTerms(query.text).phrases.isEmpty { request.limit = Self.largestLimit }
        return request
    }

    private func roommates(_ room: ConversationID?, _ principal: Principal) async throws -> [Grants] {
        guard let room else { return [] }
        let members = try await grants.sharedGrants(ofMembersOf: room, for: principal)
        guard !members.isEmpty else { throw PublicError(.notFound, "No such conversation.") }
        return members
    }

    /// Nil for no text, and when the model fails.
    private func embed(_ text: String?, _ serving: ServingIndex.State) async throws -> TextEncoding? {
        guard let text else { return nil }
        do {
            let encodings = try await serving.embedder.encode([text])
            guard encodings.count == 1, encodings[0].vector.count == serving.index.dimension else { return nil }
            return encodings[0]
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning("embedder failed; searching by words alone", metadata: ["error": "\(error)"])
            return nil
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
