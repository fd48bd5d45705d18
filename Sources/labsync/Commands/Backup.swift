import ArgumentParser
import Foundation
import Postgres

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the whole lab to a new folder, while it runs."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "A folder that does not exist yet, or is empty.")
    var folder: String

    func run() async throws {
        let settings = try await common.settings()
        let backup = BackupFolder(path: folder)
        try backup.create()
        try await House.with(settings) { house in
            // Objects before the dump and again after it: whatever row the dump has, its object is there.
            try backup.take("objects", from: settings.data)
            try await DatabaseDump(connectionString: house.connectionString).write(to: "\(folder)/\(BackupFolder.dump)")
            try backup.take("objects", from: settings.data)
            try backup.take("keys", from: settings.data)
        }
        try backup.seal(at: Date())
        print("Backup in \(folder): \(try backup.verify()) files. Keep it as secret as the lab itself.")
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a lab from a backup, in a data folder that has none."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The backup's folder.")
    var folder: String

    func run() async throws {
        let settings = try await common.settings()
        let backup = BackupFolder(path: folder)
        let count = try backup.verify()
        guard settings.databaseURL != nil || !FileManager.default.fileExists(atPath: "\(settings.data)/postgres") else {
            throw Failure("\(settings.data) holds a lab already. Choose another folder with --data.")
        }
        let house = try await House.openUnmigrated(settings)
        do {
            let dump = "\(URL(filePath: folder).path)/\(BackupFolder.dump)"
            try await DatabaseDump(connectionString: house.connectionString).restore(from: dump)
            try backup.give("objects", to: settings.data)
            try backup.give("keys", to: settings.data)
        } catch {
            await house.close()
            throw error
        }
        await house.close()
        print("Restored \(count) files into \(settings.data). Start it with `labsync serve`.")
    }
}
