public import Foundation

/// Who has which e-mail address, for imports that know people by it. Runs as labsync_ingest.
public enum MemberAddresses {
    /// Ids by lower-case address.
    public static func read(_ database: Database) async throws -> [String: UUID] {
        let rows = try await database.query("select lower(email) as email, id from users")
        return Dictionary(
            try rows.map { (try $0.get("email", as: String.self), try $0.get("id", as: UUID.self)) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}
