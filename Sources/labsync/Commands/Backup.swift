import ArgumentParser
import Assistant
import Foundation
import Postgres

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the whole lab to a new folder, while it runs.",
        discussion: "Files that are kept in a bucket (LABSYNC_S3_BUCKET) stay there: back it up by its own means."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "A folder that does not exist yet, or is empty.")
    var folder: String

    func run() async throws {
        let settings = try await common.settings()
        let backup = BackupFolder(path: folder)
        try backup.create()
        let missing = try await House.with(settings) { house in
            // Objects before the dump and again after it: whatever row the dump has, its object is there.
            if settings.objectBucket == nil { try backup.take("objects", from: settings.data) }
            try await DatabaseDump(connectionString: house.connectionString).write(to: "\(folder)/\(BackupFolder.dump)")
            if settings.objectBucket == nil { try backup.take("objects", from: settings.data) }
            try backup.take("keys", from: settings.data)
            return try await house.sweeper().missing()
        }
        try backup.seal(at: Date(), objectsIn: settings.objectBucket?.place)
        print("Backup in \(folder): \(try backup.verify().files) files. Keep it as secret as the lab itself.")
        if let place = settings.objectBucket?.place {
            print("The bytes of people's files are NOT in it: they stay in \(place). Back that up by its own means.")
        }
        guard missing.isEmpty else {
            throw Failure(
                "The lab itself lacks \(missing.count) objects that its files name:\n" + missing.joined(separator: "\n")
            )
        }
    }
}
