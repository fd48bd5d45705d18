import Crypto
public import Domain
public import Foundation

/// Imports JSONL files batch by batch; a batch is stored whole or, when one of its lines is bad, not at all.
public struct JSONLImporter: Sendable {
    public struct Report: Sendable, Equatable {
        public var lines = 0
        /// Of the file that were read.
        public var bytes = 0
        public var records = 0
        public var added = 0
        /// Lines that an interrupted import had stored already.
        public var resumedAfter = 0
    }

    package static let batchSize = 500

    private let sink: any ImportSink
    private let objects: any ObjectStore
    private let now: Date

    /// `now` anchors relative times.
    public init(sink: any ImportSink, objects: any ObjectStore, now: Date) {
        self.sink = sink
        self.objects = objects
        self.now = now
    }

    /// Goes on where an import of the same name was interrupted. While a batch is stored the next one is read.
    ///
    /// - Parameters:
    ///   - name: what is imported, where `path` is only made of it.
    ///   - onlyCheck: reads and checks every line, stores nothing.
    ///   - progress: told after every batch.
    public func importFile(
        _ path: String,
        named name: String? = nil,
        onlyCheck: Bool = false,
        progress: @Sendable (Report) -> Void = { _ in }
    ) async throws -> Report {
        let name = name ?? path
        let position = onlyCheck ? nil : try await sink.position(of: name)
        var lines = try ImportLines.of(path, named: name, now: now, after: position)
        var report = Report()
        report.resumedAfter = lines.position.lines
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try await withThrowingTaskGroup(of: Report.self) { group in
            func takeIn(_ stored: Report) {
                report.lines = stored.lines
                report.bytes = stored.bytes
                report.records += stored.records
                report.added += stored.added
                progress(report)
            }
            while true {
                let batch = Result { try lines.batch(of: Self.batchSize) }
                // Before a bad line is told of, what stood before it is stored.
                if let stored = try await group.next() { takeIn(stored) }
                guard let batch = try batch.get() else { break }
                group.addTask { try await store(batch, of: path, in: folder, onlyCheck) }
            }
        }
        if !onlyCheck { try await sink.finish(name) }
        return report
    }

    private func store(
        _ batch: ImportLines.Batch,
        of path: String,
        in folder: URL,
        _ onlyCheck: Bool
    ) async throws -> Report {
        var report = Report(lines: batch.position.lines, bytes: batch.position.bytes, records: batch.records.count)
        var stored: [FileID: StoredObject] = [:]
        for (line, record) in batch.records {
            guard case .file(let file) = record else { continue }
            do {
                let object = try await put(file, in: folder, onlyCheck)
                if let object { stored[file.id] = object }
            } catch let problem as ImportProblem {
                throw ImportFailure(path, line: line, problem.reason)
            }
        }
        guard !onlyCheck, !batch.records.isEmpty else { return report }
        do {
            report.added = try await sink.store(batch.records.map(\.record), objects: stored, upTo: batch.position)
        } catch let rejection as ImportRejection {
            throw ImportFailure(path, line: batch.records[rejection.index].line, rejection.reason)
        }
        return report
    }

    /// Nil when only checked.
    private func put(
        _ file: ImportRecord.File,
        in folder: URL,
        _ onlyCheck: Bool
    ) async throws -> StoredObject? {
        let key = "files/\(file.id)"
        switch file.content {
        case .text(let text):
            guard !onlyCheck else { return nil }
            let bytes = Data(text.utf8)
            let digest = SHA256.hash(data: bytes).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
            try await objects.put(bytes, key: key)
            return StoredObject(key: key, byteCount: bytes.count, sha256: digest)
        case .path(let path):
            guard let pieces = FilePieces(path: folder.appendingPathComponent(path).path) else {
                throw ImportProblem("names the file \(path), which cannot be read")
            }
            guard !onlyCheck else { return nil }
            let object = try await objects.put(pieces, as: .content, limit: .max)
            return StoredObject(key: object.key, byteCount: object.digest.size, sha256: object.digest.sha256)
        }
    }
}
