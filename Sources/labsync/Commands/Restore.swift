import ArgumentParser
import Assistant
import Foundation
import Postgres

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a lab from a backup, in a data folder that has none.",
        discussion: """
            Ends with an error, and names them, when objects are missing that the lab's files name. Of a lab whose files \
            are in a bucket, the bucket (or a copy of it) has to be set as it was: LABSYNC_S3_BUCKET and the others.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The backup's folder.")
    var folder: String

    func run() async throws {
        let settings = try await common.settings()
        let backup = BackupFolder(path: folder)
        let contents = try backup.verify()
        guard settings.databaseURL != nil || !FileManager.default.fileExists(atPath: "\(settings.data)/postgres") else {
            throw Failure("\(settings.data) holds a lab already. Choose another folder with --data.")
        }
        try requireSameKind(contents.bucket, settings.objectBucket?.place)
        let house = try await House.openUnmigrated(settings)
        let missing: [String]
        do {
            let dump = "\(URL(filePath: folder).path)/\(BackupFolder.dump)"
            try await DatabaseDump(connectionString: house.connectionString).restore(from: dump)
            try backup.give("objects", to: settings.data)
            try backup.give("keys", to: settings.data)
            missing = try await house.sweeper().missing()
        } catch {
            await house.close()
            throw error
        }
        await house.close()
        print("Restored \(contents.files) files into \(settings.data). Start it with `labsync serve`.")
        guard missing.isEmpty else {
            let place = settings.objectBucket?.place ?? "the backup"
            throw Failure(
                "\(missing.count) objects that the lab's files name are missing from \(place). Nobody can fetch these:\n"
                    + missing.joined(separator: "\n")
            )
        }
    }

    /// Objects are looked for where the settings say, so that they have to be of the kind that the backup was made of.
    private func requireSameKind(_ made: String?, _ set: String?) throws {
        switch (made, set) {
        case (let made?, nil):
            throw Failure(
                "The bytes of this lab's files are in \(made), not in the backup. Set LABSYNC_S3_BUCKET and the others to it,"
                    + " or to a copy of it. Nothing was restored."
            )
        case (nil, let set?):
            throw Failure(
                "The bytes of this lab's files are in the backup, but LABSYNC_S3_BUCKET names \(set). Restore without it."
                    + " Nothing was restored."
            )
        default: return
        }
    }
}
