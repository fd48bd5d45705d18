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
            var query = SearchService.Query(query, limit: limit, timeZone: .current)
            query.isExplained = explain
            let outcome = try await search.search(query, for: principal)
            if json {
                let response = SearchResponse(outcome, explained: explain ? query : nil)
                print(String(decoding: try response.json(pretty: true), as: UTF8.self))
                return
            }
            if outcome.isLexicalOnly { print("(searched by words alone: the embedder does not answer)") }
            for (number, hit) in outcome.hits.enumerated() { print(SearchText.hit(hit, number + 1, explain: explain)) }
            if outcome.hits.isEmpty { print("Nothing found.") }
            if explain { print(SearchText.explanation(outcome)) }
        }
    }
}
