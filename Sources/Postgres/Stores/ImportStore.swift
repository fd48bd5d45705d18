public import Domain
import Foundation
public import Ingest

/// Takes imports in: a batch is one transaction, and each run of records of one kind in it one statement.
public struct ImportStore: ImportSink {
    let database: Database

    /// `database` must be a pool of `labsync_ingest`: an import is the lab's own data, whoever wrote it.
    public init(_ database: Database) {
        self.database = database
    }

    public func store(
        _ batch: [ImportRecord],
        objects: [FileID: StoredObject],
        upTo position: ImportPosition
    ) async throws -> Int {
        try await store(batch, objects) { try await Self.note(position, $0) }
    }

    /// Stores what is no part of a file.
    public func store(_ batch: [ImportRecord], objects: [FileID: StoredObject]) async throws -> Int {
        try await store(batch, objects) { _ in }
    }

    private func store(
        _ batch: [ImportRecord],
        _ objects: [FileID: StoredObject],
        then note: (Transaction) async throws -> Void
    ) async throws -> Int {
        do {
            return try await database.withTransaction { transaction in
                var added = 0
                for run in batch.runs() { added += try await Self.insert(run, objects, transaction) }
                try await note(transaction)
                return added
            }
        } catch PostgresError.statementFailed where batch.count > 1 {
            try await rejectFirstBadRecord(of: batch, objects)
            throw ImportRejection(index: 0, reason: "was refused together with others, but not alone; try again")
        } catch let PostgresError.statementFailed(sqlState, message, _, detail) {
            throw ImportRejection(index: 0, reason: Self.sentence(sqlState, message, detail))
        }
    }

    /// Repeats a refused batch record by record, to learn which one it was, and undoes it.
    private func rejectFirstBadRecord(of batch: [ImportRecord], _ objects: [FileID: StoredObject]) async throws {
        struct NoneFound: Error {}
        do {
            try await database.withTransaction { transaction in
                for index in batch.indices {
                    do {
                        _ = try await Self.insert(batch[index...index], objects, transaction)
                    } catch let PostgresError.statementFailed(sqlState, message, _, detail) {
                        throw ImportRejection(index: index, reason: Self.sentence(sqlState, message, detail))
                    }
                }
                throw NoneFound()
            }
        } catch is NoneFound {}
    }

    private static func sentence(_ sqlState: String, _ message: String, _ detail: String?) -> String {
        switch sqlState {
        case "23503": "refers to something that is not there (\(detail ?? message))"
        case "23505": "repeats what must be unique (\(detail ?? message))"
        default: "was refused: \(message)"
        }
    }

    private static func insert(
        _ records: ArraySlice<ImportRecord>,
        _ objects: [FileID: StoredObject],
        _ transaction: Transaction
    ) async throws -> Int {
        switch records.first {
        case .role: try await insertRoles(records, transaction)
        case .user: try await insertUsers(records, transaction)
        case .conversation: try await insertConversations(records, transaction)
        case .member: try await insertMembers(records, transaction)
        case .message: try await insertMessages(records, transaction)
        case .status: try await insertStatuses(records, transaction)
        case .comment: try await insertComments(records, transaction)
        case .schedule: try await insertSchedules(records, transaction)
        case .file: try await insertFiles(records, objects, transaction)
        case nil: 0
        }
    }
}

extension [ImportRecord] {
    /// Longest stretches of records of one kind, in order.
    fileprivate func runs() -> [ArraySlice<ImportRecord>] {
        var runs: [ArraySlice<ImportRecord>] = []
        var start = startIndex
        while start < endIndex {
            let end = self[start...].firstIndex { $0.kind != self[start].kind } ?? endIndex
            runs.append(self[start..<end])
            start = end
        }
        return runs
    }
}

extension ImportRecord {
    fileprivate var kind: Int {
        switch self {
        case .role: 0
        case .user: 1
        case .conversation: 2
        case .member: 3
        case .message: 4
        case .status: 5
        case .comment: 6
        case .schedule: 7
        case .file: 8
        }
    }
}
