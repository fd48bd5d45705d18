import ArgumentParser
import Foundation
import Ingest

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take rows in from a file or a folder of JSONL files.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case jsonl
        case slack
        case ics
        case mbox
    }

    @OptionGroup var common: CommonOptions
    @Argument(help: "A JSONL file, or a folder of them.")
    var path: String
    @Option(help: "jsonl; slack, ics and mbox are not available yet.")
    var format: Format = .jsonl
    @Flag(help: "Check every line and store nothing.")
    var dryRun = false

    func run() async throws {
        guard format == .jsonl else { throw Failure("Importing \(format.rawValue) is not available yet; use jsonl.") }
        let files = try ImportFolder.files(at: path)
        try await House.with(try await common.settings()) { house in
            let importer = try house.importer()
            for file in files {
                let bar = ProgressBar((file as NSString).lastPathComponent, unit: "lines", total: nil)
                let report = try await importer.importFile(file, onlyCheck: dryRun) { bar.set($0.lines) }
                bar.finish()
                let known = report.records - report.added
                print(
                    dryRun
                        ? "\(file): \(report.records) records, all well formed."
                        : "\(file): \(report.added) added, \(known) there already."
                )
            }
        }
    }
}

/// The files of an import, those that others refer to first.
enum ImportFolder {
    private static let order = [
        "roles", "users", "people", "conversations", "members", "messages", "statuses", "comments", "schedules",
        "files",
    ]

    static func files(at path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("There is no \(path).")
        }
        guard isFolder.boolValue else { return [path] }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".jsonl") }
        guard !names.isEmpty else { throw Failure("\(path) holds no .jsonl files.") }
        func rank(_ name: String) -> Int { order.firstIndex(of: String(name.dropLast(6))) ?? order.count }
        return names.sorted { (rank($0), $0) < (rank($1), $1) }.map { "\(path)/\($0)" }
    }
}
