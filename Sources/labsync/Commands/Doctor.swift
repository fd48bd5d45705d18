import ArgumentParser
import Extraction
import Foundation
import Outbound
import Postgres
import Retrieval

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check everything that Labsync needs and say how to mend what is missing."
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try await common.settings()
        var failures = 0
        func check(_ name: String, _ body: () async throws -> String) async {
            do {
                print("ok    \(name): \(try await body())")
            } catch {
                failures += 1
                print("FAIL  \(name): \(Sentence.of(error))")
            }
        }
        await check("embedding model") {
            let model = try MiniLM(directory: settings.modelFolder)
            let start = ContinuousClock.now
            _ = try await model.embed(["Is everything all right?"])
            return
                "\(model.name) in \(settings.modelFolder), a question in \((ContinuousClock.now - start) / .milliseconds(1)) ms"
        }
        await check("BLAS") { try BLASLibrary.name() }
        if settings.databaseURL == nil {
            await check("PostgreSQL programs") {
                let programs = try PostgresPrograms.find()
                return "version \(programs.major) in \(programs.folder)"
            }
        }
        await check("readers of files") { try await FileReaders.check() }
        if let scanner = settings.clamd {
            await check("virus scanner") { try await Clamd(scanner).version() }
        }
        await check("database") {
            try await House.with(settings) { house in
                try await house.requireSoundPolicies()
                let report = try await IndexReport.read(house.ingest)
                return
                    "migrated, policies sound, \(report.pending) sources wait to be indexed, \(report.dead.count) failed"
            }
        }
        guard failures == 0 else { throw Failure("\(failures) of the checks failed.") }
    }
}

/// Which library answers for libblas, which decides how fast encoding is.
private enum BLASLibrary {
    static func name() throws -> String {
        // Read to its end: the file claims to be empty.
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        let paths = Set(maps.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) })
        guard
            let library = paths.filter({ $0.contains("blas") }).max(by: {
                !$0.contains("openblas") && $1.contains("openblas")
            })
        else { throw Failure("No BLAS is loaded.") }
        guard library.contains("openblas") else {
            throw Failure("\(library) is the slow reference library; install libopenblas0-pthread.")
        }
        return library
    }
}
