import ArgumentParser
import Domain
import Foundation
import Glibc
import Ingest
import Postgres
import Retrieval

struct Reindex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Index what waits, a part again, or everything into a new generation.",
        discussion: """
            Without options only what has changed and waits is indexed. --all builds the next generation of the index \
            beside the serving one and switches to it once it is complete; questions are answered all the while. \
            Ctrl-C leaves the unfinished generation, which --resume goes on with and --cancel drops. --rollback \
            brings the generation before the serving one up to date and switches back to it.
            """
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Build the next generation beside the serving one and switch to it.")
    var all = false
    @Option(help: "Index one kind again: message, status, comment, schedule or file.")
    var source: String?
    @Option(help: "Index what was written at or after this time again, such as 2026-01-31 or 2026-01-31T14:00:00Z.")
    var since: String?
    @Option(help: "With --all: the model to use, minilm or openai; by default that of EMBEDDER.")
    var embedder: String?
    @Flag(help: "Go on with a generation that was left unfinished.")
    var resume = false
    @Flag(help: "Switch back to the generation that served before.")
    var rollback = false
    @Flag(help: "Drop a generation that was left unfinished.")
    var cancel = false
    @Option(help: "At most so many sources a second.")
    var rate: Int?
    @Flag(help: "Say how many sources there are and do nothing.")
    var dryRun = false

    func validate() throws {
        let kinds = [all, resume && !all, rollback, cancel, source != nil, since != nil]
        guard kinds.count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --all, --resume, --rollback, --cancel, --source and --since.")
        }
        guard embedder == nil || all else { throw ValidationError("--embedder needs --all.") }
        guard embedder == nil || choice != nil else {
            let names = Settings.EmbedderChoice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--embedder must be one of: \(names).")
        }
        guard rate.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--rate must be from 1 to 1000000.")
        }
        _ = try selection()
    }

    private var choice: Settings.EmbedderChoice? { embedder.flatMap { Settings.EmbedderChoice(rawValue: $0) } }

    func run() async throws {
        let interrupts = Interrupts()
        try await House.with(try await common.settings()) { house in
            let generations = GenerationRecords(house.ingest)
            if dryRun { return try await forecast(generations) }
            if cancel { return try await drop(generations) }
            // Questions come first on a busy machine.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
            guard try await interrupts.interruptible({ try await work(house, generations) }) != nil else {
                throw Failure(
                    construction == nil
                        ? "Interrupted; what is left waits."
                        : "Interrupted; the old index goes on serving. Go on with --resume, or drop it with --cancel."
                )
            }
        }
    }

    private enum Kind { case next, resume, rollback }

    private var construction: Kind? {
        if rollback { return .rollback }
        if all { return .next }
        return resume ? .resume : nil
    }

    private func work(_ house: House, _ generations: GenerationRecords) async throws {
        let reindexer = try house.reindexer(limit: rate)
        let bar = ProgressBar("Indexing", unit: "sources", total: nil)
        let show: @Sendable (ReindexProgress) -> Void = { bar.set($0.done, total: $0.total) }
        guard let construction else {
            let (done, failed) = try await reindexer.run(try selection(), progress: show)
            bar.finish()
            print(done == 0 ? "Nothing waits to be indexed." : "\(done - failed) sources indexed.")
            guard failed == 0 else { throw Failure("\(failed) sources failed; `labsync jobs list` names the reasons.") }
            return
        }
        let way: Reindexer.Construction =
            switch construction {
            case .next: .next(try house.embedders.preferred(choice))
            case .resume: .resume
            case .rollback: .rollback
            }
        let (generation, coverage) = try await reindexer.build(way, progress: show)
        bar.finish()
        print(
            """
            Coverage: \(coverage.indexed) of \(coverage.eligible) sources indexed, \(coverage.missing) missing.
            Generation \(generation.id) serves now: \(generation.embedder), \(generation.dimension) numbers.
            """
        )
        try await generations.sweep()
    }

    private func forecast(_ generations: GenerationRecords) async throws {
        let count: Int
        if construction == .resume {
            guard let unfinished = try await generations.building() else { return print("No re-index is unfinished.") }
            count = try await generations.jobs(of: unfinished.id).pending
        } else if construction != nil {
            count = try await generations.count(.since("0001-01-01T00:00:00Z"))
        } else {
            count = try await generations.count(try selection())
        }
        print("\(count) sources would be indexed.")
    }

    private func drop(_ generations: GenerationRecords) async throws {
        guard let dropped = try await generations.cancel() else { return print("No re-index is unfinished.") }
        try await generations.sweep()
        print("Generation \(dropped.id) dropped; the old index goes on serving.")
    }

    private func selection() throws -> ReindexSelection {
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
