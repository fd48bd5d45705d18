import Foundation
public import Ingest

/// Where imports go on that were interrupted.
extension ImportStore {
    public func position(of name: String) async throws -> ImportPosition? {
        try await database.query(
            "select lines, bytes, digest, allows_relative_times from import_positions where name = \(name)"
        ).first.map { row in
            ImportPosition(
                name: name,
                lines: try row.get("lines"),
                bytes: try row.get("bytes"),
                digest: try row.get("digest"),
                allowsRelativeTimes: try row.get("allows_relative_times")
            )
        }
    }

    public func finish(_ name: String) async throws {
        try await database.run("delete from import_positions where name = \(name)")
    }

    /// In the transaction of the batch that it stands behind.
    static func note(_ position: ImportPosition, _ transaction: Transaction) async throws {
        try await transaction.run(
            """
            insert into import_positions (name, lines, bytes, digest, allows_relative_times)
            values (
                \(position.name), \(position.lines), \(position.bytes), \(position.digest),
                \(position.allowsRelativeTimes))
            on conflict (name) do update
            set lines = excluded.lines, bytes = excluded.bytes, digest = excluded.digest,
                allows_relative_times = excluded.allows_relative_times, updated_at = now()
            """
        )
    }
}
