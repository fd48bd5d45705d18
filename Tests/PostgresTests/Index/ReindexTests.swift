import Assistant
import Domain
import Foundation
import Ingest
import Logging
import Postgres
import Retrieval
import Synchronization
import TestSupport
import Testing

struct ReindexTests {
    @Test func `queries go on through a re-index, its switch and its rollback, each answered by one generation`()
        async throws
    {
        try await TestLab.with { lab in
            let me = Principal(user: try await lab.addUser("Me"))
            let conversation = try await lab.addConversation([me.user])
            for number in 0..<40 {
                _ = try await lab.addMessage("krypton lamp number \(number)", by: me.user, in: conversation)
            }
            let house = try await SwitchingLab(lab)
            let asking = Asking()
            try await withThrowingTaskGroup { group in
                group.addTask { try await house.feed.run() }
                for _ in 0..<2 { group.addTask { try await asking.ask(house.search, for: me) } }
                let long = WordEmbedder(name: "long words", dimension: 96)
                let (next, coverage) = try await house.reindexer.build(.next(long)) { _ in }
                #expect(coverage == Coverage(eligible: 40, indexed: 40, missing: 0))
                #expect(try await eventually { house.serving.current.generation == next.id })
                _ = try await asking.count(atLeast: 20, by: next.id)
                let (previous, _) = try await house.reindexer.build(.rollback) { _ in }
                #expect(try await eventually { house.serving.current.generation == previous.id })
                _ = try await asking.count(atLeast: 20, by: previous.id)
                group.cancelAll()
            }

            let answers = asking.answers
            #expect(Set(answers.keys.map(\.self)).count == 2)
            // What a generation answers never changes, and the two differ by their vectors' scores.
            for (generation, seen) in answers {
                #expect(seen.count == 1, "generation \(generation) gave \(seen.count) different answers")
            }
            #expect(Set(answers.values.flatMap(\.self)).count == 2)
        }
    }

    @Test func `what is written during a re-index reaches both generations, and a rollback what came after`()
        async throws
    {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            let doomed = try await lab.addMessage("doomed", by: me, in: conversation)
            _ = try await lab.addMessage("before", by: me, in: conversation)
            let house = try await SwitchingLab(lab)
            let isFirst = Mutex(true)
            let long = WordEmbedder(name: "long words", dimension: 96) {
                guard
                    isFirst.withLock({ isFirst in
                        defer { isFirst = false }; return isFirst
                    })
                else { return }
                _ = try await lab.addMessage("during", by: me, in: conversation)
                try await lab.superuser.run("delete from messages where id = \(doomed)")
            }
            house.shelve(long)
            _ = try await house.reindexer.build(.next(long)) { _ in }
            _ = try await lab.addMessage("after", by: me, in: conversation)
            try await lab.superuser.run("update messages set content = 'before, edited' where content = 'before'")
            try await house.drain()
            let switched = try await lab.texts(of: lab.serving())
            let (previous, coverage) = try await house.reindexer.build(.rollback) { _ in }
            try await house.drain()

            #expect(switched == ["after", "before, edited", "during"])
            #expect(try await lab.serving() == previous.id)
            #expect(try await lab.texts(of: previous.id) == ["after", "before, edited", "during"])
            #expect(coverage.missing == 0)
        }
    }

    @Test func `an interrupted re-index is resumed, and its vectors are not made twice`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            for number in 0..<300 { _ = try await lab.addMessage("note \(number)", by: me, in: conversation) }
            let house = try await SwitchingLab(lab)
            let counted = Mutex(0)
            let long = WordEmbedder(name: "long words", dimension: 96) { counted.withLock { $0 += 1 } }
            house.shelve(long)
            let building = Task { try await house.reindexer.build(.next(long)) { _ in } }
            _ = try await eventually { counted.withLock { $0 } >= 2 }
            building.cancel()
            _ = await building.result
            let unfinished = try #require(try await house.generations.building())
            let callsBefore = counted.withLock { $0 }
            let (finished, coverage) = try await house.reindexer.build(.resume) { _ in }

            #expect(finished.id == unfinished.id)
            #expect(coverage == Coverage(eligible: 300, indexed: 300, missing: 0))
            #expect(callsBefore < 6)
        }
    }

    @Test func `a generation that lacks a source does not take over`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            _ = try await lab.addMessage("note", by: me, in: conversation)
            let house = try await SwitchingLab(lab)
            let next = try await house.generations.begin(embedder: "words", dimension: 64, recipe: Recipe.name)
            let serving = try await lab.serving()
            await #expect(throws: IncompleteGeneration.self) { _ = try await house.generations.activate(next.id) }
            _ = try await house.generations.cancel()
            try await house.generations.sweep()
            let left = try await lab.ingest.query("select from index_generations")

            #expect(try await lab.serving() == serving)
            #expect(left.count == 1)
        }
    }

    @Test func `texts of nothing but spaces are not missed`() async throws {
        try await TestLab.with { lab in
            let me = try await lab.addUser("Me")
            let conversation = try await lab.addConversation([me])
            for blank in ["", " ", "\u{A0}\u{2003}", "\u{3000}\n\u{85}"] {
                _ = try await lab.addMessage(blank, by: me, in: conversation)
            }
            _ = try await lab.addMessage("\u{200B}", by: me, in: conversation)
            let house = try await SwitchingLab(lab)
            let coverage = try await house.generations.coverage(of: lab.serving())

            #expect(coverage == Coverage(eligible: 1, indexed: 1, missing: 0))
        }
    }
}

/// A lab that is indexed with words, with a server's index that follows it, and models to change over to.
private struct SwitchingLab {
    let serving: ServingIndex
    let search: SearchService
    let feed: ChangeFeed
    let reindexer: Reindexer
    let generations: GenerationRecords
    private let lab: TestLab
    private let shelf = Shelf()

    init(_ lab: TestLab) async throws {
        self.lab = lab
        let logger = Logger(label: "tests")
        _ = try await lab.indexed()
        let serving = ServingIndex(index: SearchIndex(dimension: 64), embedder: WordEmbedder())
        let generations = GenerationRecords(lab.ingest)
        let (shelf, files, queue) = (shelf, try lab.files(), IndexJobStore(lab.ingest))
        self.serving = serving
        self.generations = generations
        search = SearchService(
            grants: EvidenceStore(lab.app),
            evidence: EvidenceStore(lab.app),
            serving: serving,
            logger: logger
        )
        feed = try await ChangeFeed(
            connectionString: lab.connectionString,
            database: lab.ingest,
            keeper: IndexKeeper(
                serving: serving,
                passages: PassageStore(lab.ingest),
                generations: generations,
                shelf: shelf,
                logger: logger
            ),
            listener: nil,
            logger: logger
        )
        reindexer = Reindexer(
            generations: generations,
            worker: { IndexWorker(queue: queue, files: files, shelf: shelf, duty: $0, logger: logger) },
            preferred: WordEmbedder(),
            logger: logger
        )
    }

    func shelve(_ embedder: WordEmbedder) { shelf.add(embedder) }

    /// What the server's worker does.
    func drain() async throws {
        try await IndexWorker(
            queue: IndexJobStore(lab.ingest),
            files: try lab.files(),
            shelf: shelf,
            duty: .serving,
            logger: Logger(label: "tests")
        ).drain()
    }
}

private final class Shelf: EmbedderShelf {
    private let known = Mutex<[String: WordEmbedder]>([:])

    func add(_ embedder: WordEmbedder) { known.withLock { $0[embedder.name] = embedder } }

    func embedder(for generation: IndexGeneration) throws -> any Embedder {
        known.withLock { $0[generation.embedder] }
            ?? WordEmbedder(name: generation.embedder, dimension: generation.dimension)
    }
}

/// Asks the same over and over and keeps what was answered, by generation.
private final class Asking: Sendable {
    private let seen = Mutex<[Int32: [String: Int]]>([:])

    /// The different answers of each generation.
    var answers: [Int32: [String]] { seen.withLock { $0.mapValues { Array($0.keys) } } }

    func ask(_ search: SearchService, for principal: Principal) async throws {
        while !Task.isCancelled {
            let outcome = try await search.search(.init("krypton lamp", legs: .dense), for: principal)
            let answer = outcome.hits.map { "\($0.evidence.source.id) \($0.score)" }.joined(separator: " ")
            let generation = try #require(outcome.generation)
            seen.withLock { $0[generation, default: [:]]["\(outcome.dropped.count) \(answer)", default: 0] += 1 }
        }
    }

    func count(atLeast count: Int, by generation: Int32) async throws -> Bool {
        let before = total(generation)
        return try await eventually { self.total(generation) >= before + count }
    }

    private func total(_ generation: Int32) -> Int {
        seen.withLock { $0[generation]?.values.reduce(0, +) ?? 0 }
    }
}

private func eventually(_ isTrue: () -> Bool) async throws -> Bool {
    for _ in 0..<200 {
        if isTrue() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return false
}

extension TestLab {
    fileprivate func texts(of generation: Int32) async throws -> [String] {
        try await ingest.query("select text from chunks where generation_id = \(generation) order by text")
            .map { try $0.get("text") }
    }
}
