import ArgumentParser
import Assistant
import Foundation

struct Files: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look after the bytes of files.",
        subcommands: [Sweep.self]
    )

    struct Sweep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove objects without a row, and name rows without their object.",
            discussion: "A server does so every hour. What has just been written is left alone."
        )

        @OptionGroup var common: CommonOptions
        @Option(help: "Seconds that an object may be without a row.")
        var grace = 3600
        @Option(help: "Seconds that an object may be half written; 0 gives up what a server just takes.")
        var unfinished = 86_400

        func validate() throws {
            for (name, seconds) in [("grace", grace), ("unfinished", unfinished)] {
                guard (0...31_536_000).contains(seconds) else {
                    throw ValidationError("--\(name) must be from 0 to 31536000.")
                }
            }
        }

        func run() async throws {
            let report = try await House.with(try await common.settings()) { house in
                try await house.sweeper().sweep(
                    now: Date(),
                    grace: TimeInterval(grace),
                    unfinished: TimeInterval(unfinished)
                )
            }
            print(
                """
                \(report.removedObjects) objects without a row removed, \(report.unfinishedObjects) unfinished ones; \
                \(report.expiredUploads) uploads ended; \(report.forgottenFiles) files forgotten whose bytes never came.
                """
            )
            guard report.missing.isEmpty else {
                throw Failure(
                    "\(report.missing.count) objects are missing: restore them from a backup.\n"
                        + report.missing.joined(separator: "\n")
                )
            }
        }
    }
}
