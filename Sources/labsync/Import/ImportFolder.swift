import Foundation

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
