import Assistant
import Domain
import Foundation
import Ingest
import Logging
import Postgres
import Retrieval
import TestSupport
import Testing

/// Vectors compared by PostgreSQL, against the index in memory over the same lab.
struct PgVectorTests {
    private static let words = [
        "lamp", "pump", "buffer", "gel", "krypton", "seal", "valve", "freezer", "order", "microscope", "tomorrow",
        "blot",
    ]

    @Test func `it finds what the index in memory finds, in the same order`() async throws {
        try await TestLab.with(pgvector: true) { lab in
            let people = try await Self.populate(lab, messages: 240)
            let table = try await lab.indexed()
            let memory = SearchIndex(dimension: WordEmbedder().dimension)
            try await Self.memoryKeeper(lab, memory).load()

            #expect(table.statistics.passages == memory.statistics.passages)
            #expect(table.statistics.bytes < memory.statistics.bytes)
            for person in people {
                let principal = Principal(user: person)
                let grants = try await EvidenceStore(lab.app).grants(of: principal)
                for (first, second) in zip(Self.words, Self.words.dropFirst()) {
                    for legs in [SearchRequest.Legs.fused, .dense, .lexical] {
                        var request = SearchRequest(
                            query: "\(first) \(second) today",
                            embedding: try await WordEmbedder().embed(["\(first) \(second)"])[0],
                            limit: 10,
                            now: Date(),
                            legs: legs
                        )
                        if second == "seal" { request.embedding = request.embedding.map { $0.map { -$0 } } }
                        if second == "gel" { request.sources = [.status] }
                        if second == "valve" { request.since = Date(timeIntervalSinceNow: -86_400) }
                        let wanted = memory.search(request, admittedBy: grants)
                        let found = try await lab.ranking(table).search(request, for: principal, admittedBy: grants)

                        #expect(found.results.count == wanted.results.count)
                        // Where scores differ in the last bits only, the order may.
                        for (one, other) in zip(found.results, wanted.results) {
                            #expect(abs(one.score - other.score) < 1e-4, "\(first) \(legs)")
                        }
                        let last = (wanted.results.last?.score ?? 0) + 1e-4
                        #expect(
                            Set(found.results.filter { $0.score > last }.map(\.chunk))
                                == Set(wanted.results.filter { $0.score > last }.map(\.chunk)),
                            "\(first) \(legs)"
                        )
                    }
                }
            }
        }
    }

    @Test func `a large lab is asked by a graph, and little is missed`() async throws {
        try await TestLab.with(pgvector: true) { lab in
            // Nine hundred rows are as quickly sorted: the planner is to show what it does with many.
            try await lab.superuser.run(
                """
                do $$ begin execute format('alter database %I set enable_sort = off', current_database()); end $$
                """
            )
            let person = try await Self.populate(lab, messages: 900)[0]
            _ = try await lab.indexed()
            let generation = try await lab.serving()
            try await PgVectorFiller(lab.ingest, fewestGraphed: 100).fill(
                IndexGeneration(id: generation, embedder: "words", dimension: 64, recipe: "any", isServing: true)
            )
            let scopes = try await lab.ingest.query("select distinct scope from chunks")
            var view = VectorView(
                generation: generation,
                scopes: try scopes.compactMap { Scope(try $0.get("scope", as: String.self)) },
                passages: 900
            )
            var (hits, wanted) = (0, 0)
            for word in Self.words {
                let question = try await WordEmbedder().embed([word])[0]
                view.passages = 900
                let principal = Principal(user: person)
                let graphed = try await PgVectorTable(lab.app, mostCompared: 0)
                    .nearest([.passage], to: question, 10, in: view, for: principal)
                view.passages = 0
                let exact = try await PgVectorTable(lab.app).nearest(
                    [.passage],
                    to: question,
                    40,
                    in: view,
                    for: principal
                )
                hits += Set(graphed[.passage] ?? []).intersection(exact[.passage] ?? []).count
                wanted += 10
            }
            try await Task.sleep(for: .seconds(1.2))  // Until the scans of the connection are counted.
            _ = try await lab.app.query("select")
            let scans: Int = try await lab.superuser.query(
                """
                select coalesce(sum(idx_scan), 0)::bigint as scans from pg_stat_user_indexes
                where indexrelname like 'passage_vectors_graph%'
                """
            )[0].get("scans")

            #expect(Double(hits) / Double(wanted) >= 0.9)
            #expect(scans > 0)
        }
    }

    @Test func `without the extension it says so, and what to do`() async throws {
        try await TestLab.with { lab in
            let error = await #expect(throws: PgVectorError.self) {
                try await PgVectorSchema.prepare(lab.superuser)
            }
            let missing = await #expect(throws: PgVectorError.self) { try await PgVectorSchema.require(lab.app) }

            #expect(error?.description.contains("Install it") == true)
            #expect(missing?.description.contains("labsync migrate") == true)
        }
    }

    @Test func `policies stay sound, and making it ready twice changes nothing`() async throws {
        try await TestLab.with(pgvector: true) { lab in
            try await PgVectorSchema.prepare(lab.superuser)

            #expect(try await RLSLint.violations(lab.app).isEmpty)
        }
    }

    /// Three people, conversations of two of them and of all, and statuses.
    private static func populate(_ lab: TestLab, messages: Int) async throws -> [UserID] {
        var random = SeededGenerator(seed: 11)
        var people: [UserID] = []
        for name in ["Ada", "Ben", "Cleo"] { people.append(try await lab.addUser(name)) }
        let rooms = [
            try await lab.addConversation(people), try await lab.addConversation(Array(people.prefix(2))),
            try await lab.addConversation(Array(people.suffix(2))),
        ]
        func text() -> String {
            (0..<Int.random(in: 2...7, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
                .joined(separator: " ")
        }
        for number in 0..<messages {
            let place = number % rooms.count
            let sender = place == 2 ? people[2] : people[number % 2]
            _ = try await lab.addMessage("\(text()) \(number)", by: sender, in: rooms[place])
        }
        for (number, person) in people.enumerated() {
            try await lab.superuser.run(
                """
                insert into statuses (author_id, text, visibility)
                values (\(person), \(text()), \(number == 0 ? "private" : "public"))
                """
            )
        }
        return people
    }

    private static func memoryKeeper(_ lab: TestLab, _ index: SearchIndex) -> IndexKeeper {
        IndexKeeper(
            serving: ServingIndex(index: index, embedder: WordEmbedder()),
            passages: PassageStore(lab.ingest),
            generations: GenerationRecords(lab.ingest),
            shelf: OneEmbedder(WordEmbedder()),
            logger: .init(label: "tests")
        )
    }
}
