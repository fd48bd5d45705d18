import ArgumentParser
import Domain
import Foundation
import Ingest
import Postgres

struct Reindex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Index what waits, a part again, or everything into a new generation.",
        discussion: "Without options only what has changed and waits is indexed."
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Build the next generation beside the serving one and switch to it.")
    var all = false
    @Option(help: "Index one kind again: message, status, comment, schedule or file.")
    var source: String?
    @Option(help: "Index what was written at or after this time again, such as 2026-01-31 or 2026-01-31T14:00:00Z.")
    var since: String?
    @Option(help: "The model to use, minilm; by default that of EMBEDDER.")
    var embedder: String?
    @Flag(help: "Go on with a generation that was left unfinished.")
    var resume = false
    @Flag(help: "Say how many sources there are and do nothing.")
    var dryRun = false

    func run() async throws {
        let selection = try selection()
        var settings = try await common.settings()
        if let embedder {
            guard let choice = Settings.EmbedderChoice(rawValue: embedder) else {
                throw ValidationError("There is no embedder \(embedder).")
            }
            settings.embedder = choice
        }
        try await House.with(settings) { house in
            if dryRun {
                print("\(try await GenerationRecords(house.ingest).count(selection)) sources would be indexed.")
                return
            }
            let bar = ProgressBar("Indexing", unit: "sources", total: nil)
            let count = try await house.reindexer(try house.embedder()).run(selection, resume: resume) { done, total in
                bar.set(done, total: total)
            }
            bar.finish()
            print(count == 0 ? "Nothing waits to be indexed." : "\(count) sources indexed.")
        }
    }

    private func selection() throws -> ReindexSelection {
        guard [all || resume, source != nil, since != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --all, --source and --since.")
        }
        if all || resume { return .everything }
        if let source {
            guard let kind = SourceKind(rawValue: source) else {
                let kinds = SourceKind.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--source must be one of: \(kinds).")
            }
            return .kind(kind)
        }
        guard let since else { return .pending }
        guard let date = ImportClock.absolute(since) else {
            throw ValidationError("--since must be a time such as 2026-01-31 or 2026-01-31T14:00:00Z.")
        }
        return .since(date.formatted(.iso8601))
    }
}
