public import Assistant
public import Domain
import Foundation

/// Credentials, sessions and invitations. Runs as labsync_identity, which sees no content.
public struct AccountRecords: AccountStore {
    let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func signUp(_ account: NewAccount, invitation: SecretHash?, isOpen: Bool) async throws -> UserID {
        let id = UserID()
        do {
            try await database.withTransaction { transaction in
                // Of two that are first at once, one is.
                try await transaction.run("select pg_advisory_xact_lock(hashtext('labsync first member'))")
                let isFirst = try await transaction.query("select from users limit 1").isEmpty
                var role = isFirst ? "owner" : "staff"
                if let invitation {
                    guard let invited = try await Self.use(invitation, for: account.email, transaction) else {
                        throw PublicError(
                            .forbidden,
                            "This invitation is not valid, was used, or is for another address."
                        )
                    }
                    role = invited
                } else if !isFirst && !isOpen {
                    throw PublicError(.forbidden, "This lab takes new members by invitation: ask an owner for one.")
                }
                try await transaction.run([
                    """
                    insert into users (id, email, full_name) values (\(id), \(account.email), \(account.fullName))
                    """,
                    """
                    insert into user_roles (user_id, role_id) select \(id)::uuid, id from roles where name = \(role)
                    """,
                    "insert into credentials (user_id, password_hash) values (\(id), \(account.passwordHash))",
                ])
            }
        } catch let error as PostgresError where error.sqlState == "23505" {
            throw PublicError(
                .conflict,
                "There is an account with this e-mail address. Sign in, or ask an owner for a reset."
            )
        }
        return id
    }

    private static func use(
        _ invitation: SecretHash,
        for email: String,
        _ transaction: Transaction
    ) async throws -> String? {
        try await transaction.query(
            """
            update invitations set used_at = now()
            where token_hash = \(invitation)::bytea and kind = 'sign-up' and used_at is null and expires_at > now()
                and (email is null or lower(email) = lower(\(email)))
            returning coalesce((select name from roles where id = role_id), 'staff') as role
            """
        ).first?.get("role")
    }

    public func credentials(email: String) async throws -> Credentials? {
        try await credentials(where: "lower(users.email) = lower(\(email))")
    }

    public func credentials(of user: UserID) async throws -> Credentials? {
        try await credentials(where: "users.id = \(user)")
    }

    private func credentials(where condition: Statement) async throws -> Credentials? {
        try await database.query(
            """
            select users.id, credentials.password_hash
            from users join credentials on credentials.user_id = users.id
            where \(condition) and users.deactivated_at is null
            """
        ).first.map { Credentials(user: try $0.get("id"), passwordHash: try $0.get("password_hash")) }
    }

    public func setPassword(_ hash: String, of user: UserID) async throws {
        try await database.withTransaction { transaction in
            _ = try await transaction.run(Self.settingPassword(hash, of: user))
        }
    }

    private static func settingPassword(_ hash: String, of user: UserID) -> [Statement] {
        [
            """
            insert into credentials (user_id, password_hash) values (\(user), \(hash))
            on conflict (user_id) do update set password_hash = excluded.password_hash, updated_at = now()
            """,
            "update sessions set revoked_at = now() where user_id = \(user) and revoked_at is null",
        ]
    }

    public func invite(_ invitation: Invitation, by owner: UserID) async throws {
        let made = try await database.run(
            """
            insert into invitations (token_hash, email, kind, user_id, role_id, created_by, expires_at)
            select \(invitation.token)::bytea, \(invitation.email),
                case when member.id is null then 'sign-up' else 'reset' end, member.id, roles.id, \(owner)::uuid,
                \(invitation.expires)::timestamptz
            from roles
            left join users as member on lower(member.email) = lower(\(invitation.email))
            where roles.name = \(invitation.role) and exists (
                select from user_roles join roles as held on held.id = user_roles.role_id
                join users on users.id = user_roles.user_id and users.deactivated_at is null
                where user_roles.user_id = \(owner)::uuid and held.name = 'owner')
            """
        )
        guard made == 1 else { throw PublicError(.forbidden, "Only owners invite, and only to roles that exist.") }
    }

    public func resetPassword(_ hash: String, with token: SecretHash) async throws -> UserID? {
        try await database.withTransaction { transaction in
            let user: UserID? = try await transaction.query(
                """
                update invitations set used_at = now()
                where token_hash = \(token)::bytea and kind = 'reset' and used_at is null and expires_at > now()
                returning user_id
                """
            ).first?.get("user_id")
            if let user { try await transaction.run(Self.settingPassword(hash, of: user)) }
            return user
        }
    }

    public func setCalendarLink(_ secret: SecretHash?, of user: UserID) async throws {
        guard let secret else {
            try await database.run("delete from calendar_links where user_id = \(user)")
            return
        }
        try await database.run(
            """
            insert into calendar_links (user_id, secret_hash) values (\(user), \(secret)::bytea)
            on conflict (user_id) do update set secret_hash = excluded.secret_hash, created_at = now()
            """
        )
    }

    public func calendarOwner(_ secret: SecretHash) async throws -> UserID? {
        try await database.query(
            """
            select calendar_links.user_id from calendar_links
            join users on users.id = calendar_links.user_id and users.deactivated_at is null
            where secret_hash = \(secret)::bytea
            """
        ).first?.get("user_id")
    }
}
