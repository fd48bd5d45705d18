import Assistant
import Domain
import Foundation
import Logging
import Retrieval
import Synchronization
import Testing

/// The question is read while the database is asked what the asker holds, with the names that were known last time.
struct SearchGuessTests {
    private let asker = UserID()
    private let room = ConversationID()
    private let model = NotingEmbedder()
    private let holding = Holding()

    private func service() -> SearchService {
        let index = SearchIndex(dimension: 2)
        let source = SourceReference(kind: .message, id: UUID())
        let passage = Passage(
            chunk: 1,
            source: source,
            scope: .conversation(room),
            conversation: room,
            author: UserID(),
            authorName: "Priya Raman",
            createdAt: Date(timeIntervalSince1970: 1e9),
            text: "the freezer is full",
            embeddings: [.passage: [1, 0]]
        )
        index.replace([source: [passage]])
        holding.conversations.withLock { $0 = [room] }
        return SearchService(
            grants: holding,
            evidence: NoEvidence(),
            serving: ServingIndex(index: index, embedder: model),
            logger: Logger(label: "tests")
        )
    }

    @Test func `what was guessed rightly is read once`() async throws {
        let service = service()
        _ = try await service.search(.init("what did Priya freeze"), for: Principal(user: asker))
        model.texts.withLock { $0 = [] }

        let found = try await service.search(.init("what did Priya thaw"), for: Principal(user: asker))

        #expect(model.texts.withLock { $0 } == ["what did thaw"])
        #expect(found.embedding == NotingEmbedder.vector("what did thaw"))
    }

    @Test func `a guess that does not come true counts for nothing`() async throws {
        let service = service()
        _ = try await service.search(.init("what did Priya freeze"), for: Principal(user: asker))
        holding.conversations.withLock { $0 = [] }

        let found = try await service.search(.init("what did Priya freeze"), for: Principal(user: asker))

        #expect(found.embedding == NotingEmbedder.vector("what did Priya freeze"))
        #expect(found.people.named(in: "Priya").isEmpty)
    }

    @Test func `nobody's guess is made of what another may read`() async throws {
        let service = service()
        _ = try await service.search(.init("what did Priya freeze"), for: Principal(user: asker))
        holding.conversations.withLock { $0 = [] }
        model.texts.withLock { $0 = [] }

        _ = try await service.search(.init("what did Priya freeze"), for: Principal(user: UserID()))

        #expect(model.texts.withLock { $0 } == ["what did Priya freeze"])
    }

    @Test func `words alone need no model`() async throws {
        let service = service()

        let found = try await service.search(.init("freezer", legs: .lexical), for: Principal(user: asker))

        #expect(model.texts.withLock { $0 }.isEmpty)
        #expect(!found.isLexicalOnly)
    }
}

private final class Holding: GrantsSource {
    let conversations = Mutex<Set<ConversationID>>([])

    func grants(of principal: Principal) async throws -> Grants {
        Grants(user: principal.user, roles: [], conversations: conversations.withLock { $0 })
    }

    func sharedGrants(ofMembersOf _: ConversationID, for _: Principal) async throws -> [Grants] { [] }
}

private struct NoEvidence: EvidenceReader {
    func evidence(_: [ChunkID], for _: Principal) async throws -> [ChunkID: Evidence] { [:] }
    func neighbours(of _: [SourceReference], for _: Principal) async throws -> [SourceReference: [Evidence]] { [:] }
    func indexFreshness(for _: Principal) async throws -> IndexFreshness {
        IndexFreshness(generation: nil, freshThrough: Date(), pending: 0)
    }
}

private final class NotingEmbedder: Embedder {
    let name = "noting"
    let dimension = 2
    let texts = Mutex<[String]>([])

    static func vector(_ text: String) -> [Float] { [1, Float(text.count)] }

    func embed(_ texts: [String]) async throws -> [[Float]] {
        self.texts.withLock { $0 += texts }
        return texts.map(Self.vector)
    }
}
