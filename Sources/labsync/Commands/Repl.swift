import ArgumentParser
import Assistant
import Domain
import Foundation

struct Repl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Ask the assistant question after question.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var asker: AskerOptions

    func run() async throws {
        let settings = try await common.settings()
        try await House.with(settings) { house in
            let principal = try await asker.principal(house)
            let (_, chatbot) = try await house.assistant()
            var conversation = ReplConversation(chatbot: chatbot, house: house, principal: principal)
            let editor = LineEditor(historyFile: "\(settings.data)/repl-history")
            if isatty(STDIN_FILENO) == 1 { print("Ask anything about the lab; /help lists the commands.") }
            while let line = editor.line(prompt: "? ") {
                guard try await conversation.take(line.trimmingCharacters(in: .whitespaces)) else { break }
            }
        }
    }
}

/// What a session at the prompt remembers.
private struct ReplConversation {
    let chatbot: ChatbotService
    let house: House
    var principal: Principal
    private var thread: ThreadID?
    private var last: ChatbotAnswer?
    private var lastQuestion: String?
    private var sources: Set<SourceKind>?

    init(chatbot: ChatbotService, house: House, principal: Principal) {
        self.chatbot = chatbot
        self.house = house
        self.principal = principal
    }

    private static let help = """
        /open N       show what citation N says, whole
        /as EMAIL     ask as another member, in a new thread
        /sources K…   search only in these kinds: message, status, comment, schedule, file; none: all
        /retry        ask the last question again
        /new          begin a new thread
        /help         this
        /quit         end (or Ctrl-D)
        """

    /// False when the session is to end. A failed answer does not end it.
    mutating func take(_ line: String) async throws -> Bool {
        if line.isEmpty { return true }
        if line == "/quit" || line == "/exit" { return false }
        do {
            if line.hasPrefix("/") {
                try await command(line.dropFirst().split(separator: " ").map(String.init))
            } else {
                try await ask(line)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            print(Sentence.of(error))
        }
        return true
    }

    private mutating func ask(_ question: String) async throws {
        lastQuestion = question
        var asked = ChatbotQuestion(query: question, thread: thread, timeZone: .current)
        asked.sources = sources
        let answer = try await chatbot.answer(asked, for: principal)
        thread = answer.thread
        last = answer
        print(AnswerText.plain(answer) + "\n")
    }

    private mutating func command(_ words: [String]) async throws {
        switch words.first {
        case "help": print(Self.help)
        case "new": thread = nil
        case "open": try open(words.dropFirst().first.flatMap { Int($0) })
        case "as":
            var asker = AskerOptions()
            asker.email = words.dropFirst().first
            principal = try await asker.principal(house)
            thread = nil
        case "sources":
            let kinds = words.dropFirst().map { SourceKind(rawValue: $0) }
            guard !kinds.contains(nil) else { throw Failure("Kinds are message, status, comment, schedule and file.") }
            sources = kinds.isEmpty ? nil : Set(kinds.compactMap { $0 })
        case "retry":
            guard let lastQuestion else { throw Failure("Nothing was asked yet.") }
            try await ask(lastQuestion)
        default: throw Failure("There is no such command; /help lists them.")
        }
    }

    private func open(_ number: Int?) throws {
        guard let citation = last?.citations.first(where: { $0.n == number }) else {
            throw Failure("The last answer has no such citation.")
        }
        print("\(citation.whereabouts(in: .current))  \(citation.source)\n\(citation.quote)\n")
    }
}
