import ArgumentParser
import Assistant
import Domain
import Foundation

/// `labsync eval DIR` measures retrieval, `labsync eval answers` the assistant.
struct Eval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure retrieval on a folder of judged questions, or the assistant's answers.",
        subcommands: [EvalRetrieval.self, EvalAnswers.self],
        defaultSubcommand: EvalRetrieval.self
    )
}

struct EvalAnswers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answers",
        abstract: "Ask the demo lab's questions and check answers, citations and refusals.",
        discussion: """
            The lab is loaded into a scratch database through the real pipeline; each question is asked as the member \
            it names. Without OPENAI_API_KEY or OPENAI_BASE_URL answers are quotations.
            """
    )

    @Option(help: "A folder of JSONL files (fixtures/demo-lab).")
    var lab: String?
    @Option(help: "JSONL of {id, question, as, expect: answer|none, answers, hidden, category}.")
    var questions: String?
    @Flag(help: "As JSON.")
    var json = false
    @Flag(help: "List the questions that were answered wrongly.")
    var verbose = false

    func run() async throws {
        let folder = Installation.folder("fixtures")
        let questions = try AnswerQuestion.read(questions ?? "\(folder)/evaluation/questions.jsonl")
        let files = try ImportFolder.files(at: lab ?? "\(folder)/demo-lab")
        let report = try await House.withScratch { house in
            let lab = try await AnswerLab.load(files, into: house)
            return try await lab.ask(questions)
        }
        json ? try Output.json(report) : print(report.table)
        if verbose { for fault in report.faults { print(fault) } }
    }
}
