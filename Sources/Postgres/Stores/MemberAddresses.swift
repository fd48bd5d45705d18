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

extension MemberAddresses {
    /// Who has owned the lab for longest.
    public static func firstOwner(_ database: Database) async throws -> UUID? {
        try await database.query(
            """
            select users.id from users
            join user_roles on user_roles.user_id = users.id
            join roles on roles.id = user_roles.role_id
            where roles.name = 'owner' and users.deactivated_at is null
            order by users.created_at, users.id
            limit 1
            """
        ).first.map { try $0.get("id") }
    }
}
