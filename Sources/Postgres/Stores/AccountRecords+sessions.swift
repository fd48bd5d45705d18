public import Assistant
public import Domain
public import Foundation

extension AccountRecords {
    public func open(_ session: NewSession) async throws {
        try await database.run(
            """
            insert into sessions (user_id, family, refresh_hash, expires_at)
            values (\(session.user), \(session.family), \(session.refresh)::bytea, \(session.expires))
            """
        )
    }

    public func rotate(_ refresh: SecretHash, to next: SecretHash, expires: Date) async throws -> SessionOwner? {
        try await database.withTransaction { transaction in
            let rows = try await transaction.query(
                """
                select sessions.id, sessions.user_id, family, rotated_at is not null as was_rotated,
                    sessions.expires_at > now() and revoked_at is null and users.deactivated_at is null as is_good
                from sessions join users on users.id = sessions.user_id
                where refresh_hash = \(refresh)::bytea
                for update of sessions
                """
            )
            guard let row = rows.first else { return nil }
            let family: UUID = try row.get("family")
            guard try !row.get("was_rotated", as: Bool.self) else {
                // Somebody holds a copy: nobody of the family stays signed in.
                try await transaction.run(
                    "update sessions set revoked_at = now() where family = \(family) and revoked_at is null"
                )
                return nil
            }
            guard try row.get("is_good", as: Bool.self) else { return nil }
            let user: UserID = try row.get("user_id")
            let id: UUID = try row.get("id")
            try await transaction.run([
                "update sessions set rotated_at = now() where id = \(id)",
                """
                insert into sessions (user_id, family, refresh_hash, expires_at)
                values (\(user), \(family), \(next)::bytea, \(expires))
                """,
            ])
            return SessionOwner(user: user, family: family)
        }
    }

    public func close(family: UUID, of user: UserID) async throws {
        try await database.run(
            """
            update sessions set revoked_at = now()
            where family = \(family) and user_id = \(user) and revoked_at is null
            """
        )
    }

    public func closeAll(of user: UserID) async throws -> [UUID] {
        try await database.query(
            "update sessions set revoked_at = now() where user_id = \(user) and revoked_at is null returning family"
        ).map { try $0.get("family") }
    }

    public func familiesRevoked(since: Date) async throws -> [UUID] {
        try await database.query("select distinct family from sessions where revoked_at > \(since)")
            .map { try $0.get("family") }
    }

    // MARK: Personal tokens

    public func add(_ token: PersonalToken) async throws {
        try await database.run(
            """
            insert into personal_tokens (id, user_id, name, token_hash, scope, created_at, expires_at)
            values (\(token.id), \(token.user), \(token.name), \(token.hash)::bytea, \(token.scope.rawValue),
                \(token.createdAt), \(token.expires))
            """
        )
    }

    public func personalTokens(of user: UserID) async throws -> [PersonalToken] {
        try await database.query(
            "\(Self.token) where user_id = \(user) and revoked_at is null order by personal_tokens.created_at"
        ).map(PersonalToken.init)
    }

    public func revokePersonalToken(_ id: UUID, of user: UserID) async throws -> Bool {
        try await database.run(
            """
            update personal_tokens set revoked_at = now()
            where id = \(id) and user_id = \(user) and revoked_at is null
            """
        ) == 1
    }

    public func holder(of token: SecretHash) async throws -> PersonalToken? {
        try await database.query(
            """
            \(Self.token) join users on users.id = user_id and users.deactivated_at is null
            where token_hash = \(token)::bytea and revoked_at is null
                and (expires_at is null or expires_at > now())
            """
        ).first.map(PersonalToken.init)
    }

    private static let token: Statement = """
        select personal_tokens.id, user_id, name, token_hash, scope, personal_tokens.created_at, expires_at
        from personal_tokens
        """
}

extension PersonalToken {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: try row.get("id"),
            user: try row.get("user_id"),
            name: try row.get("name"),
            hash: try row.get("token_hash"),
            scope: Scope(rawValue: try row.get("scope")) ?? .read,
            createdAt: try row.get("created_at"),
            expires: try row.get("expires_at")
        )
    }
}
