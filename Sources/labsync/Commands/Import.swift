import ArgumentParser
import Foundation
import Ingest
import Postgres

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take rows in from JSONL files or a Slack export.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case jsonl
        case slack
        case ics
        case mbox
    }

    @OptionGroup var common: CommonOptions
    @Argument(help: "A JSONL file, a folder of them, or a Slack export (zip or folder).")
    var path: String
    @Option(help: "jsonl or slack; ics and mbox are not available yet.")
    var format: Format = .jsonl
    @Flag(help: "Check every line and store nothing.")
    var dryRun = false

    func run() async throws {
        switch format {
        case .jsonl:
            try await House.with(try await common.settings()) { try await take(ImportFolder.files(at: path), $0) }
        case .slack: try await House.with(try await common.settings()) { try await takeSlack($0) }
        case .ics, .mbox: throw Failure("Importing \(format.rawValue) is not available yet; use jsonl or slack.")
        }
    }

    private func take(_ files: [String], _ house: House) async throws {
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

    /// Unpacks, writes the export as import lines beside it, and takes those.
    private func takeSlack(_ house: House) async throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
            "labsync-slack-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }  // What is left of it harms nobody.
        let folder = try path.hasSuffix(".zip") ? Archive.unpacked(path, into: scratch.path) : path
        guard FileManager.default.fileExists(atPath: "\(folder)/users.json") else {
            throw Failure("\(path) is no Slack export: it has no users.json.")
        }
        let lines = scratch.appendingPathComponent("slack.jsonl")
        try Data().write(to: lines)
        let output = try FileHandle(forWritingTo: lines)
        let known = try await MemberAddresses.read(house.ingest)
        let report = try SlackExport(folder: folder, known: known).convert { try output.write(contentsOf: $0) }
        try output.close()
        for (reason, count) in report.skipped.sorted(by: { $0.key < $1.key }) { print("Skipped: \(count) \(reason).") }
        try await take([lines.path], house)
    }
}

/// Zip files, unpacked by the system's unzip.
private enum Archive {
    static func unpacked(_ path: String, into folder: String) throws -> String {
        let target = "\(folder)/unpacked"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unzip")
        process.arguments = ["-qq", "-o", path, "-d", target]
        process.standardOutput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw Failure("Unpacking needs unzip: apt-get install unzip. Or unpack \(path) and give its folder.")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(path) cannot be unpacked; is it a zip file?") }
        return target
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
