import Foundation

/// Zip files, unpacked by the system's unzip.
enum Archive {
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

/// A folder for what is written on the way, gone when that is done.
enum ImportScratch {
    static func with<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "labsync-import-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: folder) }  // What is left of it harms nobody.
        return try await body(folder)
    }
}
