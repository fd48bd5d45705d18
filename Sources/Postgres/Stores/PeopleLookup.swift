public import Domain

/// Finds members by e-mail address for whoever runs the server. Runs as labsync_ingest.
public struct PeopleLookup: Sendable {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func member(email: String) async throws -> UserID? {
        try await database.query(
            "select id from users where lower(email) = lower(\(email)) and deactivated_at is null"
        ).first?.get("id")
    }

    public func firstOwner() async throws -> UserID? {
        try await database.query(
            """
            select users.id from users
            join user_roles on user_roles.user_id = users.id
            join roles on roles.id = user_roles.role_id and roles.name = 'owner'
            where users.deactivated_at is null
            order by users.created_at, users.id
            limit 1
            """
        ).first?.get("id")
    }

    public struct Member: Sendable {
        public let id: UserID
        public let email: String
        public let fullName: String?
        public let roles: [String]
    }

    public func members() async throws -> [Member] {
        try await database.query(
            """
            select users.id, users.email, users.full_name,
                array(
                    select roles.name from user_roles join roles on roles.id = user_roles.role_id
                    where user_roles.user_id = users.id order by roles.id
                ) as roles
            from users where deactivated_at is null order by users.email
            """
        ).map { row in
            Member(
                id: try row.get("id"),
                email: try row.get("email"),
                fullName: try row.get("full_name"),
                roles: try row.get("roles")
            )
        }
    }

    /// Adds a member; throws `PublicError(.conflict)` when the address is taken.
    public func add(email: String, fullName: String?, role: String) async throws -> UserID {
        let id = UserID()
        do {
            try await database.withTransaction { transaction in
                try await transaction.run(
                    "insert into users (id, email, full_name) values (\(id), \(email), \(fullName))"
                )
                let given = try await transaction.run(
                    "insert into user_roles (user_id, role_id) select \(id)::uuid, id from roles where name = \(role)"
                )
                guard given == 1 else { throw PublicError(.invalid, "There is no role \(role).") }
            }
        } catch let error as PostgresError where error.sqlState == "23505" {
            throw PublicError(.conflict, "A member with the e-mail address \(email) exists already.")
        }
        return id
    }
}
