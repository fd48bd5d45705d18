import Foundation

/// Where `initdb`, `pg_ctl` and their like are.
public struct PostgresPrograms: Sendable {
    public static let oldestMajor = 15

    public let folder: String
    public let major: Int

    /// The newest version found, or, with `major`, that one.
    ///
    /// - Parameter preferred: a folder that is asked before all others.
    public static func find(preferred: String? = nil, major: Int? = nil) throws -> PostgresPrograms {
        let candidates = folders(preferred: preferred).compactMap { folder -> PostgresPrograms? in
            self.major(of: folder).map { PostgresPrograms(folder: folder, major: $0) }
        }
        if let major {
            guard let match = candidates.first(where: { $0.major == major }) else {
                throw ClusterError(
                    "The data folder was made by PostgreSQL \(major), which is not installed here."
                        + " Install postgresql-\(major), or choose another folder with --data."
                )
            }
            return match
        }
        guard let newest = candidates.max(by: { $0.major < $1.major }), newest.major >= oldestMajor else {
            throw ClusterError(
                "PostgreSQL \(oldestMajor) or newer was not found."
                    + " Install it (apt-get install postgresql) or set DATABASE_URL to a server of your own."
            )
        }
        return newest
    }

    func path(_ program: String) -> String { "\(folder)/\(program)" }

    private static func folders(preferred: String?) -> [String] {
        let distribution = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: distribution)) ?? []
        let onPath = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return [preferred].compactMap { $0 } + versions.map { "\(distribution)/\($0)/bin" }
            + ["/usr/local/pgsql/bin"] + onPath
    }

    /// Read from `pg_config`'s or the folder's own name: running each candidate would cost start-up time.
    private static func major(of folder: String) -> Int? {
        guard
            ["initdb", "pg_ctl", "postgres"].allSatisfy({
                FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
            })
        else { return nil }
        let parts = URL(fileURLWithPath: "\(folder)/postgres").resolvingSymlinksInPath().pathComponents
        if let index = parts.firstIndex(of: "postgresql"), index + 1 < parts.count, let major = Int(parts[index + 1]) {
            return major
        }
        return askMajor(of: folder)
    }

    private static func askMajor(of folder: String) -> Int? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "\(folder)/postgres")
        process.arguments = ["--version"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        // "postgres (PostgreSQL) 15.18 (Debian …)"
        return text.split(separator: " ").compactMap { Int($0.prefix { $0.isNumber }) }.first
    }
}
