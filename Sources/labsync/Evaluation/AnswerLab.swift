import Assistant
import Domain
import Foundation
import Ingest
import Postgres
import Retrieval

/// One judged question of the demo lab.
struct AnswerQuestion: Decodable {
    enum Expectation: String, Decodable {
        case answer
        case none
    }

    let id: String
    let question: String
    /// The e-mail address of who asks.
    let asker: String
    let expect: Expectation
    /// `kind:uuid` of rows that answer it; any one does.
    let answers: [String]
    /// Rows that would, and that the asker may not see.
    let hidden: [String]?
    let category: String?

    enum CodingKeys: String, CodingKey {
        case id, question, expect, answers, hidden, category
        case asker = "as"
    }

    static func read(_ path: String) throws -> [AnswerQuestion] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure("Cannot read \(path).")
        }
        return try text.split(separator: "\n").enumerated().map { number, line in
            do {
                return try JSONDecoder().decode(AnswerQuestion.self, from: Data(line.utf8))
            } catch {
                throw Failure("\(path), line \(number + 1) is not a question.")
            }
        }
    }
}

/// A scratch lab, loaded and indexed, whose assistant is asked.
struct AnswerLab {
    let house: House
    let chatbot: ChatbotService
    let search: SearchService

    static func load(_ files: [String], into house: House) async throws -> AnswerLab {
        let importer = try house.importer()
        for file in files { _ = try await importer.importFile(file, onlyCheck: false) { _ in } }
        let bar = ProgressBar("Indexing", unit: "sources", total: nil)
        _ = try await house.reindexer().run(.pending) { bar.set($0.done, total: $0.total) }
        bar.finish()
        let serving = try house.emptyIndex()
        try await house.keeper(serving).load()
        let search = house.search(serving)
        return AnswerLab(house: house, chatbot: try house.chatbot(search), search: search)
    }

    func ask(_ questions: [AnswerQuestion]) async throws -> AnswerReport {
        var report = AnswerReport()
        let people = PeopleLookup(house.ingest)
        let bar = ProgressBar("Asking", unit: "questions", total: questions.count)
        for question in questions {
            guard let user = try await people.member(email: question.asker) else {
                throw Failure("\(question.id): nobody has the e-mail address \(question.asker).")
            }
            var asked = ChatbotQuestion(query: question.question)
            asked.isKept = false
            let start = ContinuousClock.now
            let answer = try await chatbot.answer(asked, for: Principal(user: user))
            report.add(question, answer, milliseconds: (ContinuousClock.now - start) / .milliseconds(1))
            if question.expect == .answer {
                let found = try await search.search(.init(question.question), for: Principal(user: user))
                report.add(question, found: found.hits.map(\.evidence.source.description))
            }
            bar.advance(by: 1)
        }
        bar.finish()
        return report
    }
}
