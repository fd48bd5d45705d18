import ArgumentParser
import Domain
import Foundation
import Ingest
import Postgres

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take rows in from JSONL files, a Slack export, a calendar or a mailbox.",
        discussion: """
            What is there already is left as it is. An import that was interrupted is simply begun again, and goes on \
            where it was; a calendar's events are brought up to date. What is left out is told with the reason.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "A JSONL file or a folder of them, a Slack export (zip or folder), an .ics or an .mbox file.")
    var path: String
    @Option(help: "jsonl, slack, ics or mbox; told from PATH when it is not given.")
    var format: ImportFormat?
    @Option(
        name: .customLong("as"),
        help: "Whose a mailbox is, and the events that no member organises (e-mail; else the lab's first owner)."
    )
    var owner: String?
    @Flag(help: "Read and check everything, store nothing.")
    var dryRun = false

    func run() async throws {
        let format = try format ?? ImportFormat.guess(path)
        try await House.with(try await common.settings()) { house in
            switch format {
            case .jsonl: try await take(ImportFolder.files(at: path), house)
            case .slack: try await ImportScratch.with { try await takeSlack(house, $0) }
            case .ics: try await takeCalendar(house)
            case .mbox: try await ImportScratch.with { try await takeMailbox(house, $0) }
            }
        }
    }

    /// - Parameter name: what is printed in place of the file's name.
    private func take(_ files: [String], named name: String? = nil, _ house: House) async throws {
        let importer = try house.importer()
        for file in files {
            let bar = ProgressBar(((name ?? file) as NSString).lastPathComponent, unit: "kB", total: nil)
            let size = Self.size(of: file)
            defer { bar.finish() }
            let absolute = URL(fileURLWithPath: name ?? file).standardizedFileURL.path
            let report = try await importer.importFile(file, named: absolute, onlyCheck: dryRun) {
                bar.set($0.bytes >> 10, total: size >> 10)
            }
            bar.finish()
            if report.resumedAfter > 0 {
                print("\(name ?? file): went on after line \(report.resumedAfter), where it was interrupted.")
            }
            let known = report.records - report.added
            print(
                dryRun
                    ? "\(name ?? file): \(report.records) records, all well formed. Nothing was stored."
                    : "\(name ?? file): \(report.added) added, \(known) there already."
            )
        }
    }

    // MARK: Slack

    /// Unpacks, writes the export as import lines beside it, and takes those.
    private func takeSlack(_ house: House, _ scratch: URL) async throws {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let folder = try isFolder.boolValue ? path : Archive.unpacked(path, into: scratch.path)
        guard FileManager.default.fileExists(atPath: "\(folder)/users.json") else {
            throw Failure("\(path) is no Slack export: it has no users.json.")
        }
        let known = try await MemberAddresses.read(house.ingest)
        let lines = try await written(to: scratch) { write in
            try SlackExport(folder: folder, known: known).convert(write).skipped
        }
        try await take([lines], named: path, house)
    }

    // MARK: Calendars

    private func takeCalendar(_ house: House) async throws {
        let importer = CalendarImporter(
            sink: ImportStore(house.ingest),
            members: try await MemberAddresses.read(house.ingest),
            owner: try await ownerID(house),
            zone: house.settings.timeZone,
            now: Date()
        )
        let bar = ProgressBar((path as NSString).lastPathComponent, unit: "events", total: nil)
        defer { bar.finish() }
        let report = try await importer.importFile(path, onlyCheck: dryRun) { bar.set($0.events) }
        bar.finish()
        Self.tell(report.skipped)
        let (changes, read) = (
            report.changes, "\(path): \(report.events) events, which take place \(report.entries) times"
        )
        print(
            dryRun
                ? "\(read). Nothing was stored."
                : "\(read): \(changes.added) entries added, \(changes.changed) changed, \(changes.removed) removed."
        )
    }

    // MARK: Mailboxes

    private func takeMailbox(_ house: House, _ scratch: URL) async throws {
        let box = MailboxExport(
            path: path,
            owner: try await ownerID(house),
            members: try await MemberAddresses.read(house.ingest)
        )
        let size = Self.size(of: path)
        let bar = ProgressBar("Reading \((path as NSString).lastPathComponent)", unit: "kB", total: size >> 10)
        defer { bar.finish() }
        let lines = try await written(to: scratch) { write in
            try box.convert(into: scratch.path, write) { bar.set($0.position >> 10) }.skipped
        }
        bar.finish()
        try await take([lines], named: path, house)
    }

    // MARK: Shared

    /// Writes an import's lines to a file, and tells what was left out of them.
    private func written(
        to folder: URL,
        _ convert: ((Data) throws -> Void) throws -> [String: Int]
    ) async throws -> String {
        let lines = folder.appendingPathComponent("lines.jsonl")
        try Data().write(to: lines)
        let output = try FileHandle(forWritingTo: lines)
        let skipped = try convert { try output.write(contentsOf: $0) }
        try output.close()
        Self.tell(skipped)
        return lines.path
    }

    private static func tell(_ skipped: [String: Int]) {
        for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) { print("Skipped: \(count) \(reason).") }
    }

    private static func size(of path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.intValue ?? 0
    }

    private func ownerID(_ house: House) async throws -> UserID {
        if let owner {
            guard let id = try await MemberAddresses.read(house.ingest)[owner.lowercased()] else {
                throw Failure("There is no member with the address \(owner).")
            }
            return UserID(id)
        }
        guard let id = try await MemberAddresses.firstOwner(house.ingest) else {
            throw Failure("The lab has no owner yet. Say --as EMAIL, or add one: labsync user add EMAIL --role owner")
        }
        return UserID(id)
    }
}
