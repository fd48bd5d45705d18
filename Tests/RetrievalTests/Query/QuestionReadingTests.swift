import Domain
import Foundation
import Retrieval
import Testing

/// What a question says beside its words decides between passages that are otherwise alike.
struct QuestionReadingTests {
    /// Wednesday, 4 March 2026, 15:00 UTC.
    private let now = Date(timeIntervalSince1970: 1_772_636_400)
    private let day: TimeInterval = 86_400

    private func passage(
        _ chunk: ChunkID,
        _ text: String,
        kind: SourceKind = .message,
        daysAgo: Double = 5,
        title: String? = nil,
        conversation: ConversationID? = nil,
        author: (id: UserID, name: String)? = nil,
        event: (start: Double, hours: Double)? = nil,
        embedding: [Float] = [1, 0]
    ) -> Passage {
        var passage = Passage(
            chunk: chunk,
            source: SourceReference(kind: kind, id: UUID()),
            scope: .everyone,
            conversation: conversation,
            author: author?.id,
            authorName: author?.name,
            title: title,
            createdAt: now - daysAgo * day,
            text: text,
            embeddings: [.passage: embedding]
        )
        if let event {
            passage.startsAt = now + event.start * day
            passage.endsAt = now + event.start * day + event.hours * 3600
        }
        return passage
    }

    private func search(_ query: String, _ passages: [Passage], people: Set<UserID> = []) -> SearchOutcome {
        let index = SearchIndex(dimension: 2)
        index.replace(Dictionary(uniqueKeysWithValues: passages.map { ($0.source, [$0]) }))
        let request = SearchRequest(query: query, embedding: [1, 0], limit: 10, now: now, people: people)
        return index.search(request, admittedBy: Grants(user: UserID(), roles: [], conversations: []))
    }

    private func first(_ query: String, _ passages: [Passage]) -> ChunkID? {
        search(query, passages).results.first?.chunk
    }

    @Test func `before and since an event are times`() {
        let workshop = passage(
            9,
            "Fixation workshop. Bring gloves",
            kind: .schedule,
            title: "Fixation workshop",
            event: (-10, 2)
        )
        let before = passage(1, "we bought formaldehyde for fixation", daysAgo: 12)
        let after = passage(2, "we bought formaldehyde for fixation again", daysAgo: 3)
        let all = [workshop, before, after]

        #expect(search("what did we buy before the fixation workshop?", all).reading.times.count == 1)
        #expect(first("what formaldehyde did we buy before the fixation workshop?", [workshop, before, after]) != 2)
        let ranked = search("what formaldehyde did we buy since the fixation workshop?", all).results.map(\.chunk)
        #expect(ranked.firstIndex(of: 2) ?? 9 < ranked.firstIndex(of: 1) ?? 9)
    }

    @Test func `of several events the tense says which`() {
        let meetings = [-7.0, 7].enumerated().map { number, start in
            passage(ChunkID(number), "Group meeting", kind: .schedule, title: "Group meeting", event: (start, 1))
        }
        func start(_ query: String) -> Date? { search(query, meetings).reading.times.first?.lowerBound }

        #expect(start("what was said since the group meeting?") == now - 7 * day + 3600)
        #expect(start("what should be done during the next group meeting?") == now + 7 * day)
    }

    @Test func `what is from a named time is found even when it looks like nothing that was asked`() {
        var passages = (1...400).map { passage(ChunkID($0), "what we talked about, number \($0)", daysAgo: 30) }
        var other = passage(999, "gel ran crooked", daysAgo: 1)
        other.embeddings = [.passage: [0.1, 0.99]]
        passages.append(other)

        #expect(first("what did we talk about yesterday?", passages) == 999)
    }

    @Test func `newer counts more only when the question is after how things stand`() {
        let old = passage(1, "the door code is 4711 for the cold room door", daysAgo: 200)
        let new = passage(2, "the door code is 1234 for the cold room door", daysAgo: 2)

        #expect(first("what is the current door code?", [old, new]) == 2)
        #expect(search("what was the first door code?", [old, new]).reading.wantsLatest == false)
        let bonuses = search("what is the door code?", [old, new]).results.map { $0.explanation.bonuses["recent"] }
        #expect(bonuses == [nil, nil])
    }

    @Test(arguments: [
        ("where is AB-12345", "ab-12345"), ("open plate_map.csv", "plate-map-csv"), ("the NBR1 construct", "nbr1"),
        ("lot 7781234", "7781234"),
    ])
    func `identifiers are kept whole`(query: String, expected: String) {
        #expect(search(query, [passage(1, "x")]).reading.exact.identifiers == [expected])
    }

    @Test func `a number with its unit is no identifier`() {
        let query = "incubate 20ul at 37C for 30min at 3pm"

        #expect(search(query, [passage(1, "x")]).reading.exact.identifiers.isEmpty)
    }

    @Test func `an identifier decides between passages that are alike`() {
        let passages = (1...6).map { passage(ChunkID($0), "antibody ab-1000\($0) is in the minus eighty") }

        #expect(first("where is the antibody ab-10004?", passages) == 4)
    }

    @Test func `what has the only word comes before what is like it`() {
        let alike = (1...9).map { passage(ChunkID($0), "new grids with gold foil, lot \($0)0", daysAgo: 1) }
        let having = passage(10, "the rule about samples is the golden one", daysAgo: 90, embedding: [0, 1])

        let one = search("golden", alike + [having]).results
        let two = search("golden rule", alike + [having]).results

        #expect(one.first?.chunk == 10)
        #expect(one.filter { $0.explanation.bonuses["word"] != nil }.map(\.chunk) == [10])
        #expect(two.allSatisfy { $0.explanation.bonuses["word"] == nil })
    }

    @Test func `quoted words must all be there`() {
        let exact = ExactTerms("who said “the pump is broken” and \"oil leak\"?")

        #expect(exact.phrases == ["the pump is broken", "oil leak"])
        #expect(exact.phrasesOccur(in: "The pump  is BROKEN, an oil-free oil leak"))
        #expect(!exact.phrasesOccur(in: "the pump was broken; oil leak"))
    }

    @Test(arguments: ["what was said in the imaging channel about lasers", "lasers #imaging", "lasers in imaging"])
    func `a conversation that is named counts more`(query: String) {
        let (imaging, general) = (ConversationID(), ConversationID())
        let here = passage(1, "the lasers drift", title: "imaging", conversation: imaging)
        let there = passage(2, "the lasers drift too", title: "general", conversation: general)
        let index = SearchIndex(dimension: 2)
        var scoped = [here, there]
        scoped[0].scope = .conversation(imaging)
        scoped[1].scope = .conversation(general)
        index.replace(Dictionary(uniqueKeysWithValues: scoped.map { ($0.source, [$0]) }))
        let request = SearchRequest(query: query, embedding: [1, 0], limit: 10, now: now)

        let outcome = index.search(
            request,
            admittedBy: Grants(user: UserID(), roles: [], conversations: [imaging, general])
        )

        #expect(outcome.reading.conversations == [imaging])
        #expect(outcome.results.first?.chunk == 1)
    }

    @Test func `a conversation's name that is a plain word names nothing`() {
        let here = passage(1, "the lasers drift", title: "imaging", conversation: ConversationID())

        #expect(search("which imaging settings did we use", [here]).reading.conversations.isEmpty)
    }

    @Test func `every result tells ranks, score and age, and what was left out says why`() throws {
        let same = [1, 2].map { passage(ChunkID($0), "the pump needs oil", daysAgo: 2) }
        let outcome = search("pump oil", same + [passage(3, "nothing alike", daysAgo: 4)])

        let result = try #require(outcome.results.first)
        #expect(result.explanation.legs["words around"]?.rank == 1)
        #expect(result.explanation.legs["match"]?.rank == 1)
        #expect(abs(result.explanation.age - 2 * day) < 1)
        #expect(outcome.dropped.map(\.reason) == ["says the same as a passage that ranks higher"])
    }
}
