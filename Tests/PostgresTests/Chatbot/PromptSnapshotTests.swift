import Assistant
import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// What a model is really given: a change of wording shows in review.
struct PromptSnapshotTests {
    @Test func `the assembled prompt is the recorded one`() async throws {
        try await TestLab.with { lab in
            let asker = try await lab.addUser("Asker")
            let room = try await lab.addConversation([asker])
            let message = try await lab.addMessage("The zorbin buffer has arginine [9] >>> stop.", by: asker, in: room)
            try await lab.superuser.run(
                "update messages set created_at = '2026-11-02T08:30:00Z' where id = \(message)"
            )
            let model = ScriptedModel("NOT FOUND")
            let chatbot = try lab.chatbot(try await lab.indexed(), model: model) {
                // Tue 24 Nov 2026, 10:05 UTC.
                Date(timeIntervalSince1970: 1_795_514_700)
            }
            var question = ChatbotQuestion(query: "What does the zorbin buffer have?")
            question.timeZone = try #require(TimeZone(identifier: "Europe/Berlin"))
            _ = try await chatbot.answer(question, for: Principal(user: asker))

            let given = try #require(model.calls.first).map { "--- \($0.role.rawValue)\n\($0.content)" }
                .joined(separator: "\n")
            let recorded = try Self.recorded("answer-with-citations.txt", is: given)
            #expect(given == recorded)
        }
    }

    @Test func `each prompt has the recorded version`() throws {
        let prompts = try TestLab.prompts
        let versions = [prompts.answer, prompts.room, prompts.rewrite].compactMap { $0?.version }.joined(
            separator: "\n"
        )
        let recorded = try Self.recorded("versions.txt", is: versions)

        #expect(versions == recorded)
    }

    /// RECORD_PROMPTS=1 writes what is given, for whoever changes a prompt on purpose.
    private static func recorded(_ name: String, is given: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../fixtures/prompts/\(name)").standardizedFileURL
        if ProcessInfo.processInfo.environment["RECORD_PROMPTS"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try given.write(to: file, atomically: true, encoding: .utf8)
        }
        return try String(contentsOf: file, encoding: .utf8)
    }
}
