import ArgumentParser
import Foundation
import Postgres

struct Jobs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the jobs that index what was written.",
        discussion: """
            A job that failed eight times (three when a program is missing; for about three hours, while the embedder \
            was away) is dead: it is kept with its reason until it is tried again or dropped. A file whose job is dead \
            says why; trying again lets it wait anew.
            """,
        subcommands: [List.self, Retry.self, Drop.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Jobs with their state, tries and last failure.")

        @OptionGroup var common: CommonOptions
        @Option(help: "Only these: waiting, running or dead.")
        var state: String?
        @Option(help: "At most so many.")
        var limit = 100
        @Flag(help: "As JSON.")
        var json = false

        func validate() throws {
            guard (1...100_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 100000.") }
            guard state == nil || chosen != nil else {
                let states = JobRecords.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--state must be one of: \(states).")
            }
        }

        private var chosen: JobRecords.State? { state.flatMap(JobRecords.State.init) }

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                let jobs = try await JobRecords(house.ingest).list(chosen, limit: limit)
                if json { return try Output.json(jobs) }
                guard !jobs.isEmpty else { return print("No jobs.") }
                for job in jobs {
                    let tries =
                        job.attempts == 0 ? "" : ", \(job.attempts) tries failed, last: \(job.reason ?? "unknown")"
                    print("\(job.id)  \(job.state)  \(job.source)  generation \(job.generation)\(tries)")
                }
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Have jobs tried at once, as if for the first time.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var which: Which

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                try which.report(try await JobRecords(house.ingest).retry(which.selection), "will be tried again")
            }
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give jobs up for good; their sources stay as they are indexed now."
        )

        @OptionGroup var common: CommonOptions
        @OptionGroup var which: Which

        func run() async throws {
            try await House.with(try await common.settings()) { house in
                try which.report(try await JobRecords(house.ingest).drop(which.selection), "dropped")
            }
        }
    }

    struct Which: ParsableArguments {
        @Argument(help: "Numbers of jobs, as `labsync jobs list` shows them.")
        var ids: [Int64] = []
        @Flag(help: "All dead ones.")
        var dead = false

        func validate() throws {
            guard dead != !ids.isEmpty else { throw ValidationError("Give numbers of jobs, or --dead.") }
        }

        var selection: JobRecords.Selection { dead ? .dead : .ids(ids) }

        func report(_ count: Int, _ done: String) throws {
            print("\(count) \(count == 1 ? "job" : "jobs") \(done).")
            let unknown = ids.count - count
            guard dead || unknown == 0 else { throw Failure("\(unknown) of the given jobs are not there any more.") }
        }
    }
}
