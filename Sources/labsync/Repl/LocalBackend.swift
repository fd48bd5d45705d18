import Assistant
import Domain
import Foundation
import Postgres

/// Answers from the lab of this data folder.
struct LocalBackend: ReplBackend {
    let house: House
    let chatbot: ChatbotService
    let principal: Principal

    func ask(_ question: ReplQuestion, show: @escaping @Sendable (String) -> Void) async throws -> ReplAnswer {
        var asked = ChatbotQuestion(query: question.text, thread: question.thread, timeZone: .current)
        asked.sources = question.sources
        asked.conversation = question.conversation
        asked.since = question.since
        let answer = try await chatbot.answer(asked, for: principal) { event in
            if let text = event.addedText { show(text) }
        }
        return ReplAnswer(id: answer.id, thread: answer.thread, text: answer.answer, citations: answer.citations)
    }

    func explanation(of answer: AnswerID) async throws -> String {
        try await chatbot.explanation(of: answer, for: principal).text
    }

    func conversation(named name: String) async throws -> ConversationID {
        let rows = try await house.app.query(
            "select id from conversations where lower(name) = lower(\(name)) order by created_at limit 1",
            as: principal
        )
        guard let id: ConversationID = try rows.first?.get("id") else {
            throw Failure("You are in no conversation of the name \(name).")
        }
        return id
    }

    func acting(as email: String) async throws -> any ReplBackend {
        var asker = AskerOptions()
        asker.email = email
        return LocalBackend(house: house, chatbot: chatbot, principal: try await asker.principal(house))
    }
}
