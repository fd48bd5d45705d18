public import Assistant
public import Domain
import Foundation

extension AccountRecords {
    public func user(provider: String, subject: String) async throws -> UserID? {
        try await database.query(
            """
            select users.id from user_identities
            join users on users.id = user_identities.user_id and users.deactivated_at is null
            where provider = \(provider) and subject = \(subject) and deleted_at is null
            """
        ).first?.get("id")
    }

    public func apply(_ event: IdentityEvent) async throws {
        try await database.withTransaction { transaction in
            let isNew = try await transaction.run(
                "insert into webhook_events (id) values (\(event.id)) on conflict do nothing"
            )
            guard isNew == 1 else { return }
            // Events about one person wait for each other, whether or not there is a row to lock yet.
            try await transaction.run(
                "select pg_advisory_xact_lock(hashtextextended(\(event.provider + event.subject), 0))"
            )
            let known = try await transaction.query(
                """
                select user_id, deleted_at is not null or updated_at > \(event.at) as is_newer
                from user_identities where provider = \(event.provider) and subject = \(event.subject)
                """
            ).first
            switch event.change {
            case .delete:
                try await Self.delete(event, transaction)
            case .upsert(let person):
                guard try known?.get("is_newer", as: Bool.self) != true else { return }
                try await Self.upsert(person, event, known: try known?.get("user_id"), transaction)
            }
        }
    }

    private static func delete(_ event: IdentityEvent, _ transaction: Transaction) async throws {
        try await transaction.run([
            """
            insert into user_identities (provider, subject, updated_at, deleted_at)
            values (\(event.provider), \(event.subject), \(event.at), \(event.at))
            on conflict (provider, subject) do update
            set deleted_at = excluded.deleted_at, updated_at = excluded.updated_at
            """,
            """
            update users set deactivated_at = now()
            where deactivated_at is null and id = (
                select user_id from user_identities
                where provider = \(event.provider) and subject = \(event.subject))
            """,
        ])
    }

    private static func upsert(
        _ person: IdentityEvent.Person,
        _ event: IdentityEvent,
        known: UserID?,
        _ transaction: Transaction
    ) async throws {
        let holder: UserID? = try await transaction.query(
            "select id from users where lower(email) = lower(\(person.email))"
        ).first?.get("id")
        let isFirst = try await transaction.query("select from users limit 1").isEmpty
        if let holder, holder != known, known != nil || !person.isVerified {
            throw PublicError(.conflict, "Another member has this e-mail address.")
        }
        let id = known ?? holder ?? UserID()
        try await transaction.run([
            """
            insert into users (id, email, full_name, avatar_url)
            values (\(id), \(person.email), \(person.fullName), \(person.avatarURL))
            on conflict (id) do update
            set email = excluded.email, full_name = coalesce(excluded.full_name, users.full_name),
                avatar_url = coalesce(excluded.avatar_url, users.avatar_url), updated_at = now()
            """,
            """
            insert into user_identities (provider, subject, user_id, updated_at)
            values (\(event.provider), \(event.subject), \(id), \(event.at))
            on conflict (provider, subject) do update set user_id = excluded.user_id, updated_at = excluded.updated_at
            """,
        ])
        try await setRoles(person.roles, of: id, isFirst: isFirst, isNew: known == nil && holder == nil, transaction)
    }

    /// What the provider says replaces what was; where it says nothing, a new member is staff, the first one an owner.
    private static func setRoles(
        _ roles: [String]?,
        of user: UserID,
        isFirst: Bool,
        isNew: Bool,
        _ transaction: Transaction
    ) async throws {
        guard roles != nil || isNew else { return }
        let wanted = isFirst ? ["owner"] : roles ?? ["staff"]
        let add: Statement = """
            insert into user_roles (user_id, role_id)
            select \(user)::uuid, id from roles where name = any (\(wanted)::text[]) on conflict do nothing
            """
        let remove: Statement = """
            delete from user_roles
            where user_id = \(user)
                and role_id not in (select id from roles where name = any (\(wanted)::text[]))
            """
        try await transaction.run([add, remove])
    }
}
