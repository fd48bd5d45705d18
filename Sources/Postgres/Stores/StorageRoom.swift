import Assistant
import Domain

extension StorageQuota {
    /// Fails the transaction when what it stores, and what is wanted besides, has no room.
    func requirement(_ wanted: Int = 0) -> Statement {
        "select labsync.require_room(\(perUser)::bigint, \(perLab)::bigint, \(wanted)::bigint)"
    }
}

/// Says in words that there is no room.
enum StorageRoom {
    static func named<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError where error.sqlState == "LS002" {
            throw PublicError(
                .storageFull,
                "Your files would take more than a member's may (LABSYNC_QUOTA_PER_USER). Delete some, versions included."
            )
        } catch let error as PostgresError where error.sqlState == "LS003" {
            throw PublicError(
                .storageFull,
                "The lab's files would take more than they may (LABSYNC_QUOTA_PER_LAB). Ask whoever runs the server."
            )
        }
    }
}
