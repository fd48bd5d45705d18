import ArgumentParser
import Foundation
import Postgres

struct Usage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the tokens that members spent on language models."
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "How many days back, today included.")
    var days = 30
    @Option(help: "Price of a million tokens given to the model, to work out the cost.")
    var promptPrice: Double?
    @Option(help: "Price of a million tokens received.")
    var completionPrice: Double?
    @Flag(help: "As JSON.")
    var json = false

    func validate() throws {
        guard (1...3660).contains(days) else { throw ValidationError("--days must be from 1 to 3660.") }
    }

    func run() async throws {
        try await House.with(try await common.settings()) { house in
            let lines = try await UsageRecords(house.ingest).report(days: days)
            if json { return try Output.json(lines) }
            guard !lines.isEmpty else { return print("No tokens were spent in the last \(days) days.") }
            for line in lines {
                print(
                    "\(line.email)  \(line.model)  \(line.replies) replies, \(line.promptTokens) tokens given,"
                        + " \(line.completionTokens) received\(cost(line.promptTokens, line.completionTokens))"
                )
            }
            let given = lines.reduce(0) { $0 + $1.promptTokens }
            let received = lines.reduce(0) { $0 + $1.completionTokens }
            print("Together: \(given) given, \(received) received\(cost(given, received)).")
        }
    }

    private func cost(_ given: Int, _ received: Int) -> String {
        guard promptPrice != nil || completionPrice != nil else { return "" }
        let cost = (Double(given) * (promptPrice ?? 0) + Double(received) * (completionPrice ?? 0)) / 1_000_000
        return ", cost \(String(format: "%.4f", cost))"
    }
}
