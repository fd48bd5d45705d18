import Crypto
import Foundation

/// The records of a JSONL file, batch by batch, from its beginning or from where an import was interrupted.
struct ImportLines {
    /// Records that are stored together or not at all.
    struct Batch: Sendable {
        var records: [(line: Int, record: ImportRecord)] = []
        var position: ImportPosition
    }

    private let path: String
    private let name: String
    private var lines: LineReader
    private var parser: JSONLParser
    private var digest = SHA256()
    private var line = 0
    private var bytes = 0

    /// - Parameters:
    ///   - name: what the import is called.
    ///   - position: gone on from if the file still begins with the same lines.
    static func of(
        _ path: String,
        named name: String,
        now: Date,
        after position: ImportPosition?
    ) throws -> ImportLines {
        let fromBeginning = try ImportLines(path: path, name: name, now: now)
        guard let position else { return fromBeginning }
        var further = try ImportLines(path: path, name: name, now: now)
        try further.skip(to: position)
        return further.position == position ? further : fromBeginning
    }

    private init(path: String, name: String, now: Date) throws {
        self.path = path
        self.name = name
        lines = try LineReader(path: path)
        parser = JSONLParser(now: now)
    }

    var position: ImportPosition {
        ImportPosition(
            name: name,
            lines: line,
            bytes: bytes,
            digest: Array(digest.finalize()),
            allowsRelativeTimes: parser.allowsRelativeTimes
        )
    }

    private mutating func skip(to position: ImportPosition) throws {
        if position.allowsRelativeTimes { parser.allowRelativeTimes() }
        while bytes < position.bytes, try next() != nil {}
    }

    /// Nil at the end of the file.
    mutating func batch(of size: Int) throws -> Batch? {
        var batch = Batch(position: position)
        let before = line
        while batch.records.count < size, let bytes = try next() {
            do throws(ImportProblem) {
                if let record = try parser.record(from: bytes) { batch.records.append((line, record)) }
            } catch {
                throw ImportFailure(path, line: line, error.reason)
            }
        }
        batch.position = position
        return line == before ? nil : batch
    }

    private mutating func next() throws -> Data? {
        guard let next = try lines.next() else { return nil }
        line += 1
        bytes += next.count + 1
        digest.update(data: next)
        digest.update(data: [UInt8(ascii: "\n")])
        return next
    }
}

extension ImportFailure {
    init(_ path: String, line: Int, _ reason: String) {
        self.init(
            "\(path), line \(line): \(reason). Nothing of its batch was stored; mend it and import again:"
                + " what is already stored is skipped."
        )
    }
}
