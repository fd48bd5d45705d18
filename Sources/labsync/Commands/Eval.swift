import ArgumentParser
import Assistant
import Foundation
import Retrieval

struct EvalRetrieval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval",
        abstract: "Measure retrieval on a BEIR-style folder.",
        discussion: """
            The folder (corpus.jsonl, queries.jsonl, qrels.tsv) is loaded into a scratch database through the real \
            pipeline and ranked by the real query path. The category "adversarial" is left out of the headline.
            """
    )

    @Argument(help: "The folder.")
    var folder: String
    @Option(help: "How many results a query is given, at least 10.")
    var k = 10
    @Flag(help: "As JSON.")
    var json = false

    func validate() throws {
        guard (10...SearchService.largestLimit).contains(k) else {
            throw ValidationError("--k must be from 10 to \(SearchService.largestLimit).")
        }
    }

    func run() async throws {
        let set = try EvaluationSet(folder: folder)
        let report = try await House.withScratch { house in
            let lab = try await EvaluationLab.load(set, into: house)
            return try await lab.measure(set.queries, relevance: set.relevance, k: k)
        }
        json ? try Output.json(report) : print(report.table)
    }
}
