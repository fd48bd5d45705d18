import ArgumentParser
import Foundation
import Postgres

struct Index: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the index.",
        subcommands: [Status.self]
    )

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What is indexed, what waits, and what failed.")

        @OptionGroup var common: CommonOptions
        @Flag(help: "As JSON.")
        var json = false

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                let report = try await IndexReport.read(house.ingest)
                json ? try Output.json(report) : print(report.text)
            }
        }
    }
}

extension IndexReport {
    fileprivate var text: String {
        var lines = generations.map { generation in
            "generation \(generation.id) (\(generation.state)): \(generation.embedder), \(generation.dimension) numbers, "
                + "recipe \(generation.recipe), \(generation.chunks) chunks of \(generation.sources) sources"
        }
        if lines.isEmpty { lines.append("nothing is indexed yet; run `labsync reindex`") }
        lines.append("waiting: \(pending), failed: \(dead.count)")
        lines += dead.map { "  \($0.source): \($0.reason ?? "no reason kept")" }
        return lines.joined(separator: "\n")
    }
}
