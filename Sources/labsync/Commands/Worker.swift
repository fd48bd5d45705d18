import ArgumentParser
import Ingest
import ServiceLifecycle
import UnixSignals

struct Worker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Index what is written, until stopped: beside a server, or on another machine with DATABASE_URL.",
        discussion: """
            Any number of workers share the jobs of one database. They fill the serving index and one that is being \
            built. The bytes of files are read from the data folder: another machine needs the same objects at hand.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Workers in this process.")
    var workers = 1

    func validate() throws {
        guard (1...64).contains(workers) else { throw ValidationError("--workers must be from 1 to 64.") }
    }

    func run() async throws {
        try await House.with(try await common.settings()) { house in
            let services = try (0..<workers).map { _ in
                WorkerService(worker: try house.worker(.servingAndBuilding))
            }
            print("Indexing what is written. Ctrl-C ends.")
            Output.flush()
            try await ServiceGroup(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: house.logger
            ).run()
        }
    }
}
