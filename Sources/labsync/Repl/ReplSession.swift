import Assistant
import Domain
import Foundation

/// What a session at the prompt remembers, and what its commands do.
struct ReplSession {
    private var backend: any ReplBackend
    private let interrupts: Interrupts?
    private var question = ReplQuestion(text: "")
    private var last: ReplAnswer?
    private var transcript: [(question: String, answer: ReplAnswer)] = []

    /// - Parameter interrupts: nil where Ctrl-C ends the program.
    init(backend: any ReplBackend, interrupts: Interrupts?) {
        self.backend = backend
        self.interrupts = interrupts
    }

    static let commands = [
        "/open", "/as", "/since", "/in", "/explain", "/sources", "/retry", "/export", "/new", "/help", "/quit",
    ]

    private static let help = """
        /open N       show what citation N says, whole
        /explain      how the last answer came about
        /retry        ask the last question again
        /sources K…   search only in these kinds: message, status, comment, schedule, file; none: all
        /in NAME      search only in this conversation; none: everywhere
        /since WHEN   nothing older than a date (2026-11-01) or so many days (7d); none: all
        /as EMAIL     ask as another member, in a new thread
        /new          begin a new thread
        /export FILE  write questions and answers of this session to a file
        /help         this
        /quit         end (or Ctrl-D); Ctrl-C stops an answer
        """

    /// False when the session is to end. A failed answer does not end it.
    mutating func take(_ line: String) async throws -> Bool {
        let line = line.trimmingCharacters(in: .whitespaces)
        if line.isEmpty { return true }
        if ["/quit", "/exit"].contains(line) { return false }
        do {
            if line.hasPrefix("/") {
                try await command(line.dropFirst().split(separator: " ").map(String.init))
            } else {
                try await ask(line)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            print(Style.warning("\(Sentence.of(error))"))
        }
        fflush(nil)
        return true
    }

    private mutating func ask(_ text: String) async throws {
        question.text = text
        let asked = question
        let show: @Sendable (String) -> Void = { text in
            print(text, terminator: "")
            fflush(nil)
        }
        let answer: ReplAnswer?
        if let interrupts {
            answer = try await interrupts.interruptible { [backend] in try await backend.ask(asked, show: show) }
        } else {
            answer = try await backend.ask(asked, show: show)
        }
        guard let answer else {
            print(Style.warning(" (stopped)"))
            return
        }
        print()
        if !answer.citations.isEmpty { print() }
        for citation in answer.citations {
            print(Style.faint("[\(citation.n)] \(citation.whereabouts(in: .current))  \(citation.source)"))
        }
        print()
        question.thread = answer.thread
        last = answer
        transcript.append((text, answer))
    }

    private mutating func command(_ words: [String]) async throws {
        let argument = words.dropFirst().joined(separator: " ")
        switch words.first {
        case "help": print(Self.help)
        case "new": question.thread = nil
        case "open": try open(Int(argument))
        case "explain": try await explain()
        case "retry":
            guard !question.text.isEmpty else { throw Failure("Nothing was asked yet.") }
            try await ask(question.text)
        case "as":
            guard !argument.isEmpty else { throw Failure("Say who: /as EMAIL.") }
            backend = try await backend.acting(as: argument)
            question.thread = nil
        case "in":
            question.conversation = argument.isEmpty ? nil : try await backend.conversation(named: argument)
        case "since": question.since = argument.isEmpty ? nil : try Self.since(argument, now: Date())
        case "sources":
            let kinds = words.dropFirst().map { SourceKind(rawValue: $0) }
            guard !kinds.contains(nil) else { throw Failure("Kinds are message, status, comment, schedule and file.") }
            question.sources = kinds.isEmpty ? nil : Set(kinds.compactMap { $0 })
        case "export": try export(argument)
        default: throw Failure("There is no such command; /help lists them.")
        }
    }

    private func open(_ number: Int?) throws {
        guard let citation = last?.citations.first(where: { $0.n == number }) else {
            throw Failure("The last answer has no such citation.")
        }
        print(Style.bold(citation.whereabouts(in: .current)) + "  \(citation.source)\n\(citation.quote)\n")
    }

    private func explain() async throws {
        guard let id = last?.id else { throw Failure("Nothing was asked yet.") }
        print(ExplanationText.text(try await backend.explanation(of: id)))
    }

    /// A date, or so many days, weeks or hours back.
    private static func since(_ text: String, now: Date) throws -> Date {
        if let match = text.wholeMatch(of: /(\d{1,4}) ?(h|d|w)/), let count = Double(match.1) {
            let unit: TimeInterval = match.2 == "h" ? 3600 : match.2 == "d" ? 86_400 : 7 * 86_400
            return now.addingTimeInterval(-count * unit)
        }
        let day = Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
        if let date = (try? Date(text, strategy: .iso8601)) ?? (try? Date(text, strategy: day)) { return date }
        throw Failure("Say a date such as 2026-11-01, or 7d, 2w, 12h.")
    }

    private func export(_ path: String) throws {
        guard !path.isEmpty else { throw Failure("Say where to: /export FILE.") }
        guard !transcript.isEmpty else { throw Failure("Nothing was asked yet.") }
        let parts = transcript.map { question, answer in
            let sources = answer.citations.map { "- [\($0.n)] \($0.whereabouts(in: .current)) (\($0.source))" }
            return "## \(question)\n\n\(answer.text)\n\n\(sources.joined(separator: "\n"))\n"
        }
        do {
            try parts.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Failure("Cannot write \(path).")
        }
        print("\(transcript.count) answers written to \(path).")
    }
}
