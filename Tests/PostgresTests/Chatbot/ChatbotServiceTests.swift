import Assistant
import Domain
import Foundation
import Logging
import Postgres
import TestSupport
import Testing

struct ChatbotServiceTests {
    @Test func `in a room only what everybody there may read is used`() async throws {
        try await TestLab.with { lab in
            let (asker, other) = try await (lab.addUser("Asker"), lab.addUser("Other"))
            let room = try await lab.addConversation([asker, other])
            let own = try await lab.addConversation([asker])
            _ = try await lab.addMessage("The zorbin buffer has arginine.", by: other, in: room)
            _ = try await lab.addMessage("The zorbin buffer has CANARY in it.", by: asker, in: own)
            let index = try await lab.indexed()
            let chatbot = try lab.chatbot(index)
            let principal = Principal(user: asker)

            var question = ChatbotQuestion(query: "What does the zorbin buffer have?")
            let alone = try await chatbot.answer(question, for: principal)
            question.room = room
            let together = try await chatbot.answer(question, for: principal)

            #expect(alone.answer.contains("CANARY"))
            #expect(!together.answer.contains("CANARY"))
            #expect(together.answer.contains("arginine"))
            #expect(together.heldBackFromRoom == 1)
        }
    }

    @Test func `the assistant answers who speaks to it, in the room, and is no evidence for itself`() async throws {
        try await TestLab.with { lab in
            let (asker, other) = try await (lab.addUser("Asker"), lab.addUser("Other"))
            let room = try await lab.addConversation([asker, other])
            let own = try await lab.addConversation([asker])
            _ = try await lab.addMessage("The zorbin buffer has arginine.", by: other, in: room)
            _ = try await lab.addMessage("The zorbin buffer has CANARY in it.", by: asker, in: own)
            let text = "@assistant what does the zorbin buffer have?"
            let message = try await lab.addMessage(text, by: asker, in: room)
            let index = try await lab.indexed()
            let assistant = RoomAssistant(
                chatbot: try lab.chatbot(index),
                voice: AssistantVoice(lab.app),
                timeZone: .gmt,
                logger: .init(label: "tests")
            )
            let running = Task { await assistant.run() }
            assistant.heard(text, message, in: room, from: Principal(user: asker))

            var said: [String] = []
            let deadline = ContinuousClock.now + .seconds(20)
            while said.isEmpty, ContinuousClock.now < deadline {
                said = try await lab.superuser.query(
                    "select content from messages where sender_id = labsync.assistant_id()"
                ).map { try $0.get("content") }
                try await Task.sleep(for: .milliseconds(50))
            }
            running.cancel()
            await running.value

            #expect(said.count == 1)
            #expect(said.first?.contains("arginine") == true)
            #expect(said.first?.contains("CANARY") == false)
            let again = try await lab.indexed()
            let hits = try await lab.search(again).search(
                .init("zorbin buffer", limit: 50),
                for: Principal(user: asker)
            )
            #expect(hits.hits.allSatisfy { $0.evidence.authorName != "Assistant" })
        }
    }

    @Test func `an answer is not shown again once its source is out of sight`() async throws {
        try await TestLab.with { lab in
            let (asker, other) = try await (lab.addUser("Asker"), lab.addUser("Other"))
            let room = try await lab.addConversation([asker, other])
            _ = try await lab.addMessage("The zorbin buffer has CANARY in it.", by: other, in: room)
            let chatbot = try lab.chatbot(try await lab.indexed())
            let principal = Principal(user: asker)
            let answer = try await chatbot.answer(
                ChatbotQuestion(query: "What does the zorbin buffer have?"),
                for: principal
            )
            let thread = try #require(answer.thread)
            let id = try #require(answer.id)
            let before = try await chatbot.turns(of: thread, PageRequest(.after(nil)), for: principal)
            try await lab.superuser.run("delete from conversation_members where user_id = \(asker)")

            let after = try await chatbot.turns(of: thread, PageRequest(.after(nil)), for: principal)
            let explained = try await chatbot.explanation(of: id, for: principal)
            let replayed = try await chatbot.replay(id, for: principal)
            let history = try await ThreadRecords(lab.app).history(of: thread, limit: 4, for: principal)

            #expect(before.rows.map(\.text).joined().contains("CANARY"))
            for text in [after.rows.map(\.text).joined(), explained.text, replayed.text] {
                #expect(!text.contains("CANARY"))
            }
            #expect(history.isEmpty)
            await #expect(throws: PublicError.self) {
                try await chatbot.explanation(of: id, for: Principal(user: other))
            }
        }
    }

    @Test func `a follow-up is searched for with what it leans on`() async throws {
        try await TestLab.with { lab in
            let asker = try await lab.addUser("Asker")
            let room = try await lab.addConversation([asker])
            _ = try await lab.addMessage("The zorbin buffer has arginine, pH 7.4.", by: asker, in: room)
            let chatbot = try lab.chatbot(try await lab.indexed())
            let principal = Principal(user: asker)
            let first = try await chatbot.answer(
                ChatbotQuestion(query: "What is in the zorbin buffer?"),
                for: principal
            )
            let second = try await chatbot.answer(
                ChatbotQuestion(query: "and its pH?", thread: first.thread),
                for: principal
            )

            #expect(second.trace.standalone.contains("zorbin"))
            #expect(second.answer.contains("7.4"))
        }
    }

    @Test func `spent tokens are counted, and a spent budget refuses`() async throws {
        try await TestLab.with { lab in
            let asker = try await lab.addUser("Asker")
            let room = try await lab.addConversation([asker])
            _ = try await lab.addMessage("The zorbin buffer has arginine.", by: asker, in: room)
            let index = try await lab.indexed()
            let model = ScriptedModel("The zorbin buffer has arginine [1].")
            let chatbot = try lab.chatbot(index, model: model, budget: TokenBudget(perUser: 120, perLab: 0))
            let question = ChatbotQuestion(query: "What does the zorbin buffer have?")
            let answer = try await chatbot.answer(question, for: Principal(user: asker))

            #expect(answer.mode == .model)
            #expect(answer.citations.map(\.n) == [1])
            #expect(try await UsageRecords(lab.ingest).report(days: 1).map(\.promptTokens) == [100])
            let refused = await #expect(throws: PublicError.self) {
                try await chatbot.answer(ChatbotQuestion(query: question.query), for: Principal(user: asker))
            }
            #expect(refused?.code == .tooManyRequests)
            #expect((refused?.retryAfter ?? 0) > 0)
            #expect(model.calls.count == 1)
        }
    }
}
