import Domain
import Foundation
import Retrieval
import Testing

struct MeetingStretchesTests {
    private let conversation = ConversationID()

    /// Turns of one conversation, so many seconds apart; those in `about` speak of what is asked.
    private func index(
        turns: Int,
        apart: TimeInterval,
        about: Range<Int>,
        lone: Int,
        saying more: String = ""
    ) -> SearchIndex {
        let index = SearchIndex(dimension: 2)
        let passages = (0..<turns).map { turn in
            let isAbout = about.contains(turn)
            let isLone = turn == lone
            return Passage(
                chunk: ChunkID(turn),
                source: SourceReference(kind: .message, id: UUID()),
                scope: .conversation(conversation),
                conversation: conversation,
                createdAt: Date(timeIntervalSince1970: 1e9 + Double(turn) * apart),
                text: isAbout && turn % 2 == 0 || isLone
                    ? "the budget of the microscope number \(turn)\(more)"
                    : "well yes turn \(turn) it goes on like that",
                embeddings: [.passage: isLone ? [1, 0] : isAbout ? [0.9, 0.435_9] : [0, 1]]
            )
        }
        index.replace(Dictionary(uniqueKeysWithValues: passages.map { ($0.source, [$0]) }))
        return index
    }

    private func search(
        _ index: SearchIndex,
        _ question: String = "Summarize the discussion about the microscope budget"
    ) -> [RankedPassage] {
        let request = SearchRequest(
            query: question,
            embedding: [1, 0],
            limit: 8,
            now: Date(timeIntervalSince1970: 1.1e9)
        )
        let grants = Grants(user: UserID(), roles: [], conversations: [conversation])
        return index.search(request, admittedBy: grants).results
    }

    @Test func `of a transcript the stretch is found that is about the question, not a lone turn`() {
        let results = search(index(turns: 120, apart: 5, about: 60..<70, lone: 20))

        #expect(results.allSatisfy { (58..<72).contains($0.chunk) }, "\(results.map(\.chunk))")
        #expect(results.first?.explanation.legs["stretch"]?.rank != nil)
    }

    @Test(arguments: [(5.0, false), (90.0, true)])
    func `asked when, a turn that tells a time is worth more in chat only`(apart: TimeInterval, isWorthMore: Bool) {
        let index = index(turns: 120, apart: apart, about: 60..<70, lone: 20, saying: " on Monday")

        let results = search(index, "When is the budget of the microscope due?")

        #expect(results.contains { $0.explanation.bonuses["tells time"] != nil } == isWorthMore)
    }

    @Test(arguments: [(120, 90.0), (40, 5.0)])
    func `chat that is slow or short is ranked turn by turn`(turns: Int, apart: TimeInterval) {
        let results = search(index(turns: turns, apart: apart, about: 30..<34, lone: 20))

        #expect(results.first?.explanation.legs["stretch"] == nil)
        #expect(results.prefix(3).contains { $0.chunk == 20 }, "\(results.map(\.chunk))")
    }

    @Test(arguments: [1.0, 30.0])
    func `of two meetings the one from the named time comes first`(daysAgo: Double) {
        let index = SearchIndex(dimension: 2)
        let now = Date(timeIntervalSince1970: 1_772_636_400)
        // The other is more about it, and has the words.
        let passages = [(1000, daysAgo, Float(0.6)), (2000, 12.0, 1)].flatMap { first, daysAgo, likeness in
            (0..<80).map { turn in
                let isAbout = (30..<40).contains(turn)
                return Passage(
                    chunk: ChunkID(first + turn),
                    source: SourceReference(kind: .message, id: UUID()),
                    scope: .conversation(conversation),
                    conversation: conversation,
                    createdAt: now - daysAgo * 86_400 + Double(turn) * 5,
                    text: "\(isAbout && first == 2000 ? "the microscope budget" : "well yes") \(first + turn)",
                    embeddings: [
                        .passage: isAbout ? [likeness, (1 - likeness * likeness).squareRoot()] : [0.1, 0.995]
                    ]
                )
            }
        }
        index.replace(Dictionary(uniqueKeysWithValues: passages.map { ($0.source, [$0]) }))
        let request = SearchRequest(
            query: "what did we say about the microscope budget \(daysAgo == 1 ? "yesterday" : "on 2 February 2026")?",
            embedding: [1, 0],
            limit: 8,
            now: now
        )
        let grants = Grants(user: UserID(), roles: [], conversations: [conversation])

        let results = index.search(request, admittedBy: grants).results

        #expect(results.allSatisfy { (1025..<1045).contains($0.chunk) }, "\(results.map(\.chunk))")
    }
}
