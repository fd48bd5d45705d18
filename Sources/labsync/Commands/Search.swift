import ArgumentParser
import Assistant
import Foundation
import Retrieval

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Find passages that a member may see.")

    @OptionGroup var common: CommonOptions
    @OptionGroup var asker: AskerOptions
    @Option(help: "At most this many results, 1 to 100.")
    var limit = 10
    @Flag(help: "As JSON.")
    var json = false
    @Flag(help: "Say how each result came by its rank.")
    var explain = false
    @Argument(help: "What to look for.")
    var query: String

    func run() async throws {
        try await House.with(try await common.settings()) { house in
            let principal = try await asker.principal(house)
            let (search, _) = try await house.assistant()
            let outcome = try await search.search(.init(query, limit: limit, timeZone: .current), for: principal)
            if json {
                print(String(decoding: try SearchResponse(outcome, explain: explain).json(pretty: true), as: UTF8.self))
                return
            }
            if outcome.isLexicalOnly { print("(searched by words alone: the embedder does not answer)") }
            for (number, hit) in outcome.hits.enumerated() { print(text(number + 1, hit)) }
            if outcome.hits.isEmpty { print("Nothing found.") }
        }
    }

    private func text(_ number: Int, _ hit: SearchService.Hit) -> String {
        let place = Citation(hit.evidence).whereabouts(in: .current)
        var lines = ["\(number). \(place)  [\(hit.evidence.source), \(String(format: "%.3f", hit.score))]"]
        lines.append("   " + hit.evidence.text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300))
        if explain {
            for (leg, found) in hit.explanation.legs.sorted(by: { $0.key < $1.key }) {
                let rank = found.rank.map { "rank \($0)" } ?? "not among the best"
                lines.append("   \(leg): \(rank), \(String(format: "%.3f", found.score))")
            }
            for (bonus, value) in hit.explanation.bonuses.sorted(by: { $0.key < $1.key }) {
                lines.append("   + \(bonus): \(String(format: "%.3f", value))")
            }
        }
        return lines.joined(separator: "\n")
    }
}
