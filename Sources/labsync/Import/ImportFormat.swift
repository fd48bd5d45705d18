import ArgumentParser
import Foundation

/// What `labsync import` takes in.
enum ImportFormat: String, ExpressibleByArgument, CaseIterable {
    case jsonl
    case slack
    case ics
    case mbox

    /// By a name's ending, what is in a folder, or how a file begins.
    static func guess(_ path: String) throws -> ImportFormat {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure("There is no \(path).")
        }
        if isFolder.boolValue {
            return FileManager.default.fileExists(atPath: "\(path)/users.json") ? .slack : .jsonl
        }
        switch (path as NSString).pathExtension.lowercased() {
        case "jsonl", "ndjson": return .jsonl
        case "zip": return .slack
        case "ics", "ical", "ifb": return .ics
        case "mbox", "mbx": return .mbox
        default: break
        }
        let head = FileHandle(forReadingAtPath: path).flatMap { try? $0.read(upToCount: 64) } ?? Data()
        let text = String(decoding: head, as: UTF8.self)
        if text.hasPrefix("From ") { return .mbox }
        if text.uppercased().contains("BEGIN:VCALENDAR") { return .ics }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .slack }
        if text.drop(while: \.isWhitespace).first == "{" { return .jsonl }
        throw Failure(
            "What \(path) is cannot be told from its name or beginning; say --format "
                + allCases.map(\.rawValue).joined(separator: ", ") + "."
        )
    }
}
