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

    /// - Parameters:
    ///   - onlyCheck: reads and checks every line, stores nothing.
    ///   - progress: told after every batch.
    public func importFile(
        _ path: String,
        onlyCheck: Bool = false,
        progress: @Sendable (Report) -> Void = { _ in }
    ) async throws -> Report {
        var lines = try LineReader(path: path)
        var parser = JSONLParser(now: now)
        var report = Report()
        var batch: [(line: Int, record: ImportRecord)] = []
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()

        while let line = try lines.next() {
            report.lines += 1
            report.bytes += line.count + 1
            do {
                guard let record = try parser.record(from: line) else { continue }
                batch.append((report.lines, record))
            } catch {
                throw failure(path, line: report.lines, error.reason)
            }
            if batch.count == Self.batchSize {
                try await store(&batch, of: path, in: folder, onlyCheck, &report)
                progress(report)
            }
        }
        try await store(&batch, of: path, in: folder, onlyCheck, &report)
        progress(report)
        return report
    }

    private func store(
        _ batch: inout [(line: Int, record: ImportRecord)],
        of path: String,
        in folder: URL,
        _ onlyCheck: Bool,
        _ report: inout Report
    ) async throws {
        guard !batch.isEmpty else { return }
        var stored: [FileID: StoredObject] = [:]
        for (line, record) in batch {
            guard case .file(let file) = record else { continue }
            do {
                let object = try await put(file, in: folder, onlyCheck)
                if let object { stored[file.id] = object }
            } catch let problem as ImportProblem {
                throw failure(path, line: line, problem.reason)
            }
        }
        if !onlyCheck {
            do {
                report.added += try await sink.store(batch.map(\.record), objects: stored)
            } catch let rejection as ImportRejection {
                throw failure(path, line: batch[rejection.index].line, rejection.reason)
            }
        }
        report.records += batch.count
        batch.removeAll(keepingCapacity: true)
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

    private func failure(_ path: String, line: Int, _ reason: String) -> ImportFailure {
        ImportFailure(
            "\(path), line \(line): \(reason). Nothing of its batch was stored; mend it and import again:"
                + " what is already stored is skipped."
        )
    }
}
