import ArgumentParser
import Assistant
import Foundation

struct Ask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask the assistant one question.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var asker: AskerOptions
    @Flag(help: "As JSON.")
    var json = false
    @Argument(help: "The question.")
    var question: String

    func run() async throws {
        try await House.with(try await common.settings()) { house in
            let principal = try await asker.principal(house)
            let (_, chatbot) = try await house.assistant()
            let answer = try await chatbot.answer(.init(query: question, timeZone: .current), for: principal)
            if json {
                print(String(decoding: try ChatbotResponse(answer).json(pretty: true), as: UTF8.self))
            } else {
                print(AnswerText.plain(answer))
            }
        }
    }
}

/// An answer on a terminal: the words, then where they stand.
enum AnswerText {
    static func plain(_ answer: ChatbotAnswer) -> String {
        guard !answer.citations.isEmpty else { return answer.answer }
        let sources = answer.citations.map { "[\($0.n)] \($0.whereabouts(in: .current))  \($0.source)" }
        return ([answer.answer, ""] + sources).joined(separator: "\n")
    }
}
