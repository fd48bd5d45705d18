import Crypto
import Foundation

/// A backup: `database.dump`, `objects/`, `keys/`, and a manifest with the SHA-256 of each file. Objects of a bucket stay
/// in the bucket, which the manifest names.
struct BackupFolder {
    static let dump = "database.dump"
    private static let manifest = "manifest.json"
    private static let format = 1

    let path: String

    private struct Manifest: Codable {
        let format: Int
        let madeAt: Date
        /// SHA-256 in lower-case hexadecimal, by path.
        let files: [String: String]
        /// Where objects stayed, as `endpoint/bucket/prefix`; nil where they are in the backup.
        let bucket: String?
    }

    /// Makes the folder; one that has something in it is not touched.
    func create() throws {
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard contents.isEmpty else { throw Failure("\(path) is not empty. Name a new folder for the backup.") }
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// Copies what is not there yet, file by file.
    func take(_ name: String, from data: String) throws {
        try Self.copy("\(data)/\(name)", to: "\(path)/\(name)")
    }

    func give(_ name: String, to data: String) throws {
        try Self.copy("\(path)/\(name)", to: "\(data)/\(name)")
    }

    private static func copy(_ source: String, to target: String) throws {
        for file in files(in: source) {
            let destination = "\(target)/\(file)"
            guard !FileManager.default.fileExists(atPath: destination) else { continue }
            try FileManager.default.createDirectory(
                atPath: URL(filePath: destination).deletingLastPathComponent().path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            do {
                try FileManager.default.copyItem(atPath: "\(source)/\(file)", toPath: destination)
            } catch CocoaError.fileReadNoSuchFile {
                continue  // Deleted since it was listed.
            }
        }
    }

    /// Written last: a backup without it is not finished.
    func seal(at now: Date, objectsIn bucket: String?) throws {
        var sums: [String: String] = [:]
        for file in Self.files(in: path) { sums[file] = try Self.checksum("\(path)/\(file)") }
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let manifest = Manifest(format: Self.format, madeAt: now, files: sums, bucket: bucket)
        try encoder.encode(manifest).write(to: URL(filePath: "\(path)/\(Self.manifest)"), options: .atomic)
    }

    struct Contents {
        let files: Int
        /// Where the objects are that are not in it.
        let bucket: String?
    }

    /// Reads every file and compares.
    func verify() throws -> Contents {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        guard let data = FileManager.default.contents(atPath: "\(path)/\(Self.manifest)"),
            let manifest = try? decoder.decode(Manifest.self, from: data), manifest.format == Self.format
        else { throw Failure("\(path) is no finished backup: it has no readable \(Self.manifest).") }
        for (file, sum) in manifest.files {
            guard (try? Self.checksum("\(path)/\(file)")) == sum else {
                throw Failure("The backup is damaged: \(file) is missing or not what it was. Nothing was restored.")
            }
        }
        return Contents(files: manifest.files.count, bucket: manifest.bucket)
    }

    /// Paths of all files below a folder.
    private static func files(in folder: String) -> [String] {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    private static func checksum(_ path: String) throws -> String {
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }  // Only read.
        var hash = SHA256()
        while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hash.update(data: part) }
        return hash.finalize().map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
    }
}
