import Domain
import Foundation
import Retrieval
import Testing

struct SearchIndexMaintenanceTests {
    private let me = UserID()
    private let rooms = (0..<4).map { _ in ConversationID() }
    private let words = ["argon", "laser", "pump", "buffer", "mouse", "plate", "freezer", "gel", "shift", "order"]

    private var grants: Grants { Grants(user: me, roles: [], conversations: Set(rooms.dropLast())) }

    /// One of a few sittings, days apart.
    private func passage(_ chunk: Int, _ source: SourceReference, _ random: inout Lehmer) -> Passage {
        let room = rooms[Int.random(in: 0..<rooms.count, using: &random)]
        let day = Double(Int.random(in: 0..<5, using: &random)) * 86_400
        return Passage(
            chunk: ChunkID(chunk),
            source: source,
            scope: .conversation(room),
            conversation: room,
            author: me,
            authorName: "Ada \(chunk % 3)",
            createdAt: Date(timeIntervalSince1970: day + Double.random(in: 0..<3000, using: &random)),
            text: (0..<Int.random(in: 3..<9, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
                .joined(separator: " ") + " \(chunk)",
            embeddings: [.passage: (0..<16).map { _ in random.nextNormal() }.normalised]
        )
    }

    @Test(arguments: 11..<15) func `an index written bit by bit answers as one that was loaded at once`(seed: UInt64) {
        var random = Lehmer(state: seed)
        let index = SearchIndex(dimension: 16)
        var current: [SourceReference: Passage] = [:]
        var sources: [SourceReference] = []
        for step in 0..<1200 {
            let isNew = current.isEmpty || Int.random(in: 0..<10, using: &random) < 6
            let known = sources.randomElement(using: &random)
            let source =
                isNew ? SourceReference(kind: .message, id: UUID()) : known ?? .init(kind: .message, id: UUID())
            if !isNew, Bool.random(using: &random) {
                current[source] = nil
                sources.removeAll { $0 == source }
                index.remove(source)
            } else {
                let passage = passage(step, source, &random)
                if current.updateValue(passage, forKey: source) == nil { sources.append(source) }
                index.replace([source: [passage]])
            }
            if Int.random(in: 0..<40, using: &random) == 0 { index.maintain() }
            if step % 100 == 99 { compare(index, current, &random) }
        }
        index.maintain()
        compare(index, current, &random)
    }

    private func compare(_ index: SearchIndex, _ passages: [SourceReference: Passage], _ random: inout Lehmer) {
        let fresh = SearchIndex(dimension: 16)
        fresh.replace(passages.mapValues { [$0] })

        #expect(index.statistics.passages == passages.count)
        for _ in 0..<5 {
            let request = SearchRequest(
                query: "\(words.randomElement(using: &random) ?? "") \(words.randomElement(using: &random) ?? "")",
                embedding: (0..<16).map { _ in random.nextNormal() }.normalised,
                limit: 20,
                now: Date(timeIntervalSince1970: 1e6)
            )
            let found = index.search(request, admittedBy: grants).results
            let wanted = fresh.search(request, admittedBy: grants).results

            #expect(found.map(\.chunk) == wanted.map(\.chunk))
            for (one, other) in zip(found, wanted) { #expect(abs(one.score - other.score) < 1e-4) }
        }
    }

    /// - Parameter expected: of the passages that come, so many are said to come.
    @Test(arguments: [0, 0.5, 1, 1.5]) func `an index that was loaded answers as one that was written`(expected: Double)
    {
        var random = Lehmer(state: 5)
        var passages: [SourceReference: [Passage]] = [:]
        for number in 0..<500 {
            let isFile = number % 5 == 0
            let source = SourceReference(kind: isFile ? .file : .message, id: UUID())
            var first = passage(2 * number, source, &random)
            guard isFile else {
                passages[source] = [first]
                continue
            }
            first.embeddings[.beginning] = first.embeddings[.passage]
            var second = passage(2 * number + 1, source, &random)
            second.scope = first.scope
            second.conversation = first.conversation
            second.createdAt = first.createdAt
            second.ordinal = 1
            passages[source] = [first, second]
        }
        let written = SearchIndex(dimension: 16)
        written.replace(passages)
        let loaded = SearchIndex(dimension: 16)
        loaded.replace([
            SourceReference(kind: .message, id: UUID()): [passage(9999, .init(kind: .message, id: UUID()), &random)]
        ])
        let loader = IndexLoader(
            for: SearchIndex(dimension: 16),
            expecting: Self.counts(passages.values.joined(), times: expected)
        )
        for batch in Array(passages.values.joined()).shuffled(using: &random).chunked(by: 37) { loader.add(batch) }
        loaded.load(loader)

        #expect(loaded.statistics.passages == 600)
        for word in words {
            let request = SearchRequest(
                query: word,
                embedding: (0..<16).map { _ in random.nextNormal() }.normalised,
                limit: 30,
                now: Date(timeIntervalSince1970: 1e6)
            )
            let found = loaded.search(request, admittedBy: grants).results.map(\.chunk)
            #expect(found == written.search(request, admittedBy: grants).results.map(\.chunk))
        }
    }

    @Test(arguments: [0, 0.9, 1, 1.1]) func `a room of many segments is loaded as it was written`(expected: Double)
        throws
    {
        var random = Lehmer(state: 6)
        var passages: [SourceReference: [Passage]] = [:]
        for number in 0..<40_000 {
            let source = SourceReference(kind: .message, id: UUID())
            var passage = passage(number, source, &random)
            passage.scope = .conversation(rooms[number % 20 == 0 ? 1 : 0])
            passage.conversation = rooms[number % 20 == 0 ? 1 : 0]
            passages[source] = [passage]
        }
        let written = SearchIndex(dimension: 16)
        written.replace(passages)
        let loaded = SearchIndex(dimension: 16)
        let loader = IndexLoader(for: loaded, expecting: Self.counts(passages.values.joined(), times: expected))
        let adding = loader.adding()
        for passage in passages.values.joined() {
            try (passage.embeddings[.passage] ?? []).withUnsafeBytes { try adding.add(passage, vector: $0) }
        }
        loaded.load(loader)

        #expect(loaded.statistics.passages == 40_000)
        for word in words {
            for legs in [SearchRequest.Legs.dense, .lexical] {
                var request = SearchRequest(
                    query: word,
                    embedding: (0..<16).map { _ in random.nextNormal() }.normalised,
                    limit: 30,
                    now: Date(timeIntervalSince1970: 1e6)
                )
                request.legs = legs
                let found = loaded.search(request, admittedBy: grants).results.map(\.chunk)
                #expect(found == written.search(request, admittedBy: grants).results.map(\.chunk))
            }
        }
    }

    @Test func `a vector of another dimension is refused when it is loaded`() {
        var random = Lehmer(state: 7)
        let adding = IndexLoader(for: SearchIndex(dimension: 16)).adding()
        let passage = passage(1, SourceReference(kind: .message, id: UUID()), &random)

        #expect(throws: (any Error).self) {
            try [Float](repeating: 1, count: 15).withUnsafeBytes { try adding.add(passage, vector: $0) }
        }
    }

    private static func counts(_ passages: some Sequence<Passage>, times factor: Double) -> [ExpectedPassages] {
        var counts: [Scope: [Bool: Int]] = [:]
        for passage in passages { counts[passage.scope, default: [:]][passage.source.kind == .file, default: 0] += 1 }
        return counts.flatMap { scope, counts in
            counts.compactMap { areOfFiles, count in
                let count = Int(Double(count) * factor)
                return count == 0 ? nil : ExpectedPassages(scope: scope, areOfFiles: areOfFiles, count: count)
            }
        }
    }

    @Test func `what is written while segments are merged is not lost`() async {
        let index = SearchIndex(dimension: 16)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<50 { index.maintain() } }
            for writer in 0..<4 {
                group.addTask {
                    var random = Lehmer(state: UInt64(writer))
                    for step in 0..<200 {
                        let source = SourceReference(kind: .message, id: UUID())
                        index.replace([source: [passage(writer * 1000 + step, source, &random)]])
                        if step % 4 == 0 { index.remove(source) }
                    }
                }
            }
        }
        index.maintain()

        #expect(index.statistics.passages == 4 * 150)
    }
}

extension Array {
    fileprivate func chunked(by size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
