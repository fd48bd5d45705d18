import Assistant
import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// Answers without a model, over real rows.
struct ExtractiveAnswerTests {
    private func answer(_ question: String, _ asker: UserID, in lab: TestLab) async throws -> ChatbotAnswer {
        let index = try await lab.indexed()
        return try await lab.chatbot(index).answer(ChatbotQuestion(query: question), for: Principal(user: asker))
    }

    @Test func `a reply answers whoever asks the same again`() async throws {
        try await TestLab.with { lab in
            let (asker, helper) = try await (lab.addUser("Asker"), lab.addUser("Helper"))
            let room = try await lab.addConversation([asker, helper])
            _ = try await lab.addMessage(
                "Does anybody know how to reset the zorbin shaker? Error E4.",
                by: asker,
                in: room
            )
            _ = try await lab.addMessage("Unplug for ten minutes.", by: helper, in: room)

            let answer = try await answer("How do I reset the zorbin shaker with error E4?", asker, in: lab)

            #expect(answer.citations.first?.quote == "Unplug for ten minutes.")
        }
    }

    @Test func `who is asked about speaks for themselves`() async throws {
        try await TestLab.with { lab in
            let (priya, jonas, emma) = try await (lab.addUser("Priya"), lab.addUser("Jonas"), lab.addUser("Emma"))
            let rooms = [
                try await lab.addConversation([priya, jonas, emma]),
                try await lab.addConversation([priya, jonas, emma]),
            ]
            _ = try await lab.addMessage("The zorbin gels have to be poured cold.", by: priya, in: rooms[0])
            _ = try await lab.addMessage("Zorbin gels run best at night.", by: jonas, in: rooms[1])
            _ = try await lab.addMessage("I wash the benches on Monday.", by: emma, in: rooms[1])

            let said = try await answer("What did Priya say about zorbin gels?", jonas, in: lab)
            let unsaid = try await answer("What did Emma say about zorbin gels?", jonas, in: lab)

            #expect(said.citations.map(\.author) == ["Priya"])
            #expect(unsaid.mode == .none)
        }
    }

    @Test func `what only repeats the question is not quoted`() async throws {
        try await TestLab.with { lab in
            let (asker, other) = try await (lab.addUser("Asker"), lab.addUser("Other"))
            let room = try await lab.addConversation([asker, other])
            _ = try await lab.addMessage("ordered zorbin primers", by: other, in: room)
            let list = try await lab.addConversation([asker, other])
            let rule = "To order zorbin primers put them on the list before Tuesday."
            _ = try await lab.addMessage(rule, by: other, in: list)

            let answer = try await answer("How do I order zorbin primers?", asker, in: lab)

            #expect(answer.citations.map(\.quote) == [rule])
        }
    }

    @Test func `a comment is read with its status, where that may be seen`() async throws {
        try await TestLab.with { lab in
            let (asker, author) = try await (lab.addUser("Asker"), lab.addUser("Author"))
            let status = UUID()
            try await lab.superuser.withTransaction { transaction in
                _ = try await transaction.run([
                    """
                    insert into statuses (id, author_id, text, visibility)
                    values (\(status), \(author), 'I watered the zorbin plant for a year. Who takes over?', 'public')
                    """,
                    """
                    insert into status_comments (status_id, author_id, text, created_at)
                    values (\(status), \(asker), 'Me, from Monday on.', now() + interval '1 minute')
                    """,
                ])
            }
            let question = "Who takes over the zorbin plant?"
            let seen = try await answer(question, asker, in: lab)
            let around = try await lab.evidence.neighbours(
                of: seen.citations.map(\.source),
                for: Principal(user: asker)
            )
            try await lab.superuser.run("update statuses set visibility = 'private' where id = \(status)")
            let hidden = try await lab.evidence.neighbours(
                of: seen.citations.map(\.source),
                for: Principal(user: asker)
            )

            #expect(seen.citations.first?.quote == "Me, from Monday on.")
            #expect(!around.isEmpty)
            #expect(hidden.isEmpty)
        }
    }

    @Test func `days are told in a small conversation too`() async throws {
        try await TestLab.with { lab in
            let (asker, other) = try await (lab.addUser("Asker"), lab.addUser("Other"))
            let room = try await lab.addConversation([asker, other])
            _ = try await lab.addMessage("Zorbin interviews: the 3rd and 4th, 45 minutes each.", by: other, in: room)
            _ = try await lab.addMessage("The zorbin interviews are sorted by name.", by: other, in: room)
            let index = try await lab.indexed()
            let chatbot = try lab.chatbot(index)
            var question = ChatbotQuestion(query: "Which days are the zorbin interviews?")
            question.conversation = room

            let answer = try await chatbot.answer(question, for: Principal(user: asker))

            #expect(answer.citations.contains { $0.quote.contains("3rd and 4th") })
        }
    }
}
