import Domain
import Foundation
import Retrieval
import Testing

/// Search by words against the formula, worked out text by text.
struct BM25Tests {
    private let me = UserID()
    private let words = ["argon", "laser", "pump", "buffer", "mouse", "plate", "freezer", "gel", "shift", "order"]

    private var conversations: [ConversationID] { (1...5).map { ConversationID(UUID(fixed: UInt8($0))) } }
    private var grants: Grants { Grants(user: me, roles: [], conversations: Set(conversations.dropLast())) }

    @Test(arguments: 1..<9) func `the best rows are those that the formula says, ties by chunk`(seed: UInt64) {
        var random = Lehmer(state: seed)
        let index = SearchIndex(dimension: 1, keepsVectors: false)
        var passages = (0..<3000).map { message($0, &random) }
        if seed % 2 == 0 { passages += (0..<40).flatMap { file($0, &random) } }
        let loader = IndexLoader(for: index)
        loader.add(passages.shuffled(using: &random))
        index.load(loader)
        if seed % 3 == 0 {
            for passage in passages.prefix(200) { index.remove(passage.source) }
            passages.removeFirst(200)
            let late = (0..<100).map { message(9000 + $0, &random) }
            for passage in late { index.replace([passage.source: [passage]]) }
            passages += late
        }
        let formula = Formula(passages.filter { grants.admit($0.scope) })

        for limit in [1, 10, 200, 5000] {
            let count = Int.random(in: 1...6, using: &random)
            let question = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: " the ")
            #expect(
                index.passages(withWordsOf: question, limit, admittedBy: grants) == formula.best(limit, question),
                "\(question), \(limit)"
            )
        }
    }

    @Test func `of very many rows that score alike the first chunks are found`() {
        let index = SearchIndex(dimension: 1, keepsVectors: false)
        var random = Lehmer(state: 3)
        let passages = (0..<4000).shuffled(using: &random).enumerated().map { place, chunk in
            passage(chunk, at: place, in: conversations[place % 4], "yes")
        }
        let loader = IndexLoader(for: index)
        loader.add(passages)
        index.load(loader)

        let found = index.passages(withWordsOf: "yes", 25, admittedBy: grants)

        #expect(found == (0..<25).map { ChunkID($0) })
        #expect(index.passages(withWordsOf: "yes", 0, admittedBy: grants).isEmpty)
        #expect(index.passages(withWordsOf: "the", 25, admittedBy: grants).isEmpty)
        #expect(index.passages(withWordsOf: "unheard", 25, admittedBy: grants).isEmpty)
    }

    @Test func `a compound counts by its words, and is found when it is written in one`() {
        let index = SearchIndex(dimension: 1, keepsVectors: false)
        let texts = ["the knock-out", "the rat diet", "micro-RNA", "follow-up", "on-off"]
        for (number, text) in texts.enumerated() {
            let passage = passage(number, at: number, in: conversations[0], text)
            index.replace([passage.source: [passage]])
        }
        func found(_ query: String) -> [ChunkID] {
            let request = SearchRequest(
                query: query,
                embedding: nil,
                limit: 5,
                now: Date(timeIntervalSince1970: 1e6),
                legs: .lexical
            )
            return index.search(request, admittedBy: grants).results.map(\.chunk)
        }

        #expect(found("knock-out rat diet") == [1, 0])
        #expect(found("microRNA") == [2])
        #expect(found("micro-RNA") == [2])
        #expect(found("follow-up") == [3])
        #expect(found("on-off") == [4])
    }

    private func message(_ number: Int, _ random: inout Lehmer) -> Passage {
        let text = (0..<Int.random(in: 1..<9, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
        let room = conversations.randomElement(using: &random) ?? conversations[0]
        return passage(number, at: number, in: room, text.joined(separator: " "))
    }

    private func passage(_ chunk: Int, at minute: Int, in room: ConversationID, _ text: String) -> Passage {
        Passage(
            chunk: ChunkID(chunk),
            source: SourceReference(kind: .message, id: UUID()),
            scope: .conversation(room),
            conversation: room,
            author: me,
            // Too far apart for a meeting.
            createdAt: Date(timeIntervalSince1970: Double(minute) * 600),
            text: text,
            embeddings: [:]
        )
    }

    private func file(_ number: Int, _ random: inout Lehmer) -> [Passage] {
        let (source, room) = (SourceReference(kind: .file, id: UUID()), conversations[number % conversations.count])
        return (0..<3).map { ordinal in
            var part = message(5000 + 3 * number + ordinal, &random)
            part.source = source
            part.scope = .conversation(room)
            part.conversation = room
            part.createdAt = Date(timeIntervalSince1970: 1e7 + Double(number))
            part.ordinal = ordinal
            return part
        }
    }
}

/// Robertson and Zaragoza 2009, equation 3.15, with k1 1.2 and b .75; messages and files' passages each have a mean length.
private struct Formula {
    private let rows: [(passage: Passage, terms: [String])]
    private let means: [Bool: Float]

    init(_ passages: [Passage]) {
        rows = passages.map { ($0, Terms.terms(of: $0.text)) }
        means = Dictionary(grouping: rows) { $0.passage.source.kind == .file }
            .mapValues { max(1, Float($0.reduce(0) { $0 + $1.terms.count }) / Float($0.count)) }
    }

    func best(_ limit: Int, _ question: String) -> [ChunkID] {
        var terms: [String] = []
        for term in Terms.terms(of: question) where !terms.contains(term) { terms.append(term) }
        let sources = Float(Set(rows.map(\.passage.source)).count)
        let rarity = terms.map { term in
            let having = Float(Set(rows.filter { $0.terms.contains(term) }.map(\.passage.source)).count)
            return log(1 + (sources - having + 0.5) / (having + 0.5))
        }
        var scored: [(score: Float, chunk: ChunkID)] = []
        for row in rows {
            let mean = means[row.passage.source.kind == .file] ?? 1
            var score: Float = 0
            for (term, rarity) in zip(terms, rarity) {
                var count = Float(row.terms.count { $0 == term })
                if row.passage.source.kind == .file, row.passage.ordinal == 0 {
                    // What a file begins with counts twice.
                    count += Float(row.terms.prefix(22).count { $0 == term })
                }
                let length = Float(row.terms.count)
                // Summed in the order in which it is summed there, so that equal scores are equal here too.
                let (gain, fixed, perTerm): (Float, Float, Float) = (1.2 + 1, 1.2 * (1 - 0.75), 1.2 * 0.75 / mean)
                if count > 0 { score += rarity * (count * gain / (count + fixed + perTerm * length)) }
            }
            if score > 0 { scored.append((score, row.passage.chunk)) }
        }
        scored.sort { $0.score == $1.score ? $0.chunk < $1.chunk : $0.score > $1.score }
        return scored.prefix(limit).map(\.chunk)
    }
}

extension UUID {
    fileprivate init(fixed byte: UInt8) {
        self.init(uuid: (byte, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte))
    }
}
