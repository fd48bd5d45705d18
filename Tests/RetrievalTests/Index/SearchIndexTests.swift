import Domain
import Foundation
import Retrieval
import Testing

struct SearchIndexTests {
    private let me = UserID()
    private let mine = ConversationID()
    private let theirs = ConversationID()

    private func passage(
        _ chunk: ChunkID,
        _ text: String,
        in scope: Scope,
        vector: [Float],
        at time: TimeInterval = 0,
        source: SourceReference = SourceReference(kind: .message, id: UUID())
    ) -> Passage {
        var conversation: ConversationID?
        if case .conversation(let id) = scope { conversation = id }
        return Passage(
            chunk: chunk,
            source: source,
            scope: scope,
            conversation: conversation,
            createdAt: Date(timeIntervalSince1970: time),
            text: text,
            embeddings: [.passage: vector, .beginning: vector]
        )
    }

    private func request(_ query: String, _ embedding: [Float]?, limit: Int = 10) -> SearchRequest {
        SearchRequest(query: query, embedding: embedding, limit: limit, now: Date(timeIntervalSince1970: 1e9))
    }

    private var grants: Grants { Grants(user: me, roles: [], conversations: [mine]) }

    @Test func `only admitted partitions are scored`() {
        let index = SearchIndex(dimension: 2)
        let visible = passage(1, "pump seals", in: .conversation(mine), vector: [1, 0])
        let hidden = passage(2, "pump seals secret", in: .conversation(theirs), vector: [1, 0])
        index.replace([visible.source: [visible], hidden.source: [hidden]])

        let outcome = index.search(request("pump seals", [1, 0]), admittedBy: grants)

        #expect(outcome.results.map(\.chunk) == [1])
        #expect(outcome.scored == 1)
    }

    @Test func `of two files with the same words the one that begins with them comes first`() {
        let index = SearchIndex(dimension: 2)
        let rest = (1...40).map { "step\($0)" }.joined(separator: " ")
        for (chunk, text) in [(ChunkID(1), "\(rest) laser alignment"), (2, "laser alignment \(rest)")] {
            let file = SourceReference(kind: .file, id: UUID())
            let first = passage(chunk, text, in: .everyone, vector: [1, 0], source: file)
            var second = passage(chunk + 10, "laser alignment", in: .everyone, vector: [1, 0], source: file)
            second.ordinal = 1
            index.replace([file: [first, second]])
        }
        index.maintain()

        let results = index.search(request("laser alignment", [1, 0]), admittedBy: grants).results

        #expect(results.map { $0.chunk % 10 } == [2, 1])
    }

    @Test func `rarity is counted over what the asker may see`() {
        let index = SearchIndex(dimension: 2)
        var passages: [SourceReference: [Passage]] = [:]
        for number in 1...20 {
            let hidden = passage(ChunkID(number), "krypton", in: .conversation(theirs), vector: [0, 1])
            passages[hidden.source] = [hidden]
        }
        let visible = passage(99, "krypton lamp", in: .conversation(mine), vector: [1, 0])
        passages[visible.source] = [visible]
        let alone = SearchIndex(dimension: 2)
        alone.replace([visible.source: [visible]])
        index.replace(passages)

        let with = index.search(request("krypton", nil), admittedBy: grants)
        let without = alone.search(request("krypton", nil), admittedBy: grants)

        #expect(with.rarity == without.rarity)
        #expect(with.results.map(\.score) == without.results.map(\.score))
    }

    @Test func `the dense leg orders by inner product`() {
        let index = SearchIndex(dimension: 2)
        let vectors: [[Float]] = [[0.6, 0.8], [1, 0], [0.8, 0.6]]
        let passages = vectors.enumerated().map { offset, vector in
            passage(ChunkID(offset), "text \(offset)", in: .everyone, vector: vector, at: Double(offset) * 1e6)
        }
        index.replace(Dictionary(uniqueKeysWithValues: passages.map { ($0.source, [$0]) }))
        var request = request("anything", [1, 0])
        request.legs = .dense

        #expect(index.search(request, admittedBy: grants).results.map(\.chunk) == [1, 2, 0])
    }

    @Test func `a replaced passage is found by its new words only and a removed one not at all`() {
        let index = SearchIndex(dimension: 2)
        let old = passage(1, "argon laser", in: .everyone, vector: [1, 0])
        index.replace([old.source: [old]])
        let new = passage(2, "helium laser", in: .everyone, vector: [1, 0], source: old.source)
        index.replace([old.source: [new]])
        var lexical = request("argon", nil)
        lexical.legs = .lexical

        #expect(index.search(lexical, admittedBy: grants).results.isEmpty)
        #expect(index.search(request("helium", nil), admittedBy: grants).results.map(\.chunk) == [2])
        index.remove(old.source)
        #expect(index.search(request("helium", [1, 0]), admittedBy: grants).results.isEmpty)
        #expect(index.statistics.passages == 0)
    }

    @Test func `readers and writers do not disturb each other`() async {
        let index = SearchIndex(dimension: 2)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let one = passage(ChunkID(number), "lamp \(number)", in: .everyone, vector: [1, 0])
                    index.replace([one.source: [one]])
                }
                group.addTask { _ = index.search(request("lamp", [1, 0]), admittedBy: grants) }
            }
        }

        #expect(index.statistics.passages == 50)
        #expect(index.search(request("lamp", [1, 0], limit: 100), admittedBy: grants).results.count == 50)
    }
}
