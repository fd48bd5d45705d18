/// The table in which PostgreSQL itself compares vectors, by the extension pgvector. It is no migration: only a lab that
/// wants it must have the extension.
public enum PgVectorSchema {
    /// pgvector has had HNSW since then.
    private static let oldest = [0, 5]

    /// Makes what is missing. `login` is a pool of whoever migrates.
    ///
    /// - Throws: `PgVectorError`, in words for whoever runs Labsync.
    public static func prepare(_ login: Database) async throws {
        try await requireExtension(login)
        try await login.withConnection { session in
            try await session.withLongTransaction {
                try await session.runScript("set local role labsync_owner; \(script)")
            }
        }
    }

    /// For those who may not change the schema.
    public static func require(_ database: Database) async throws {
        let known: String? = try await database.query(
            "select to_regclass('public.passage_vectors')::text as known"
        )[0].get("known")
        guard known != nil else {
            throw PgVectorError(
                "LABSYNC_INDEX=pgvector: the database has no table of vectors yet."
                    + " Run `LABSYNC_INDEX=pgvector labsync migrate` first."
            )
        }
    }

    private static func requireExtension(_ login: Database) async throws {
        let row = try await login.query(
            """
            select
                (select extversion from pg_extension where extname = 'vector') as installed,
                (select extnamespace::regnamespace::text from pg_extension where extname = 'vector') as schema,
                (select default_version from pg_available_extensions where name = 'vector') as available
            """
        )[0]
        let installed: String? = try row.get("installed")
        let available: String? = try row.get("available")
        guard let version = installed ?? available else {
            throw PgVectorError(
                "LABSYNC_INDEX=pgvector needs the extension pgvector, which this PostgreSQL does not have."
                    + " Install it (the package is named like postgresql-16-pgvector), or unset LABSYNC_INDEX."
            )
        }
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard !parts.lexicographicallyPrecedes(oldest) else {
            throw PgVectorError("LABSYNC_INDEX=pgvector needs pgvector 0.5 or newer; this PostgreSQL has \(version).")
        }
        if installed != nil {
            let schema: String = try row.get("schema")
            guard schema == "public" else {
                throw PgVectorError(
                    "LABSYNC_INDEX=pgvector: the extension is in the schema \(schema), where Labsync does not look."
                        + " Let its owner run `alter extension vector set schema public`."
                )
            }
            return
        }
        do {
            try await login.withConnection {
                try await $0.runScript("create extension if not exists vector schema public")
            }
        } catch let error as PostgresError where error.sqlState == "42501" {
            throw PgVectorError(
                "LABSYNC_INDEX=pgvector: this login may not add the extension."
                    + " Let a superuser run `create extension vector schema public` in Labsync's database."
            )
        }
    }

    private static let script = """
        create table if not exists passage_vectors (
            chunk_id bigint not null references chunks (id) on delete cascade,
            facet smallint not null,
            generation_id integer not null,
            scope text not null,
            source_kind text not null,
            source_id uuid not null,
            begins_at timestamptz not null,
            ends_at timestamptz not null,
            embedding vector not null,
            primary key (chunk_id, facet)
        );
        comment on table passage_vectors is 'A copy of vectors in which PostgreSQL compares them, as the asker. Filled by servers.';
        create index if not exists passage_vectors_scope on passage_vectors (generation_id, facet, scope);

        -- A row's audience changes with its chunk's, in the same transaction.
        create or replace function labsync.move_vectors() returns trigger language plpgsql set search_path = '' as $$
        begin
            update public.passage_vectors set scope = new.scope where chunk_id = new.id;
            return null;
        end
        $$;
        -- A graph for what is too much to compare one by one. Its dimension must be known, so each generation has one.
        create or replace function labsync.graph_vectors(generation integer, dimension integer) returns void
            language plpgsql security definer set search_path = '' as $$
        begin
            execute format(
                'create index if not exists passage_vectors_graph_%s on public.passage_vectors'
                    ' using hnsw ((embedding::public.vector(%s)) public.vector_ip_ops)'
                    ' where generation_id = %s and facet = 0',
                generation, dimension, generation
            );
            -- Just filled, it would be planned for as though it were empty.
            analyze public.passage_vectors;
        end
        $$;
        revoke execute on function labsync.graph_vectors(integer, integer), labsync.move_vectors() from public;
        grant execute on function labsync.graph_vectors(integer, integer) to labsync_ingest;

        do $$
        begin
            if exists (select from pg_policies where tablename = 'passage_vectors' and policyname = 'in_scope') then
                return;
            end if;
            create trigger move_vectors after update of scope on chunks
                for each row when (new.scope is distinct from old.scope) execute function labsync.move_vectors();
            call labsync.secure('passage_vectors');
            call labsync.open_to_ingest('passage_vectors');
            create policy in_scope on passage_vectors for select to labsync_app using (false);
            grant select on passage_vectors to labsync_app;
        end
        $$;
        -- The scope model in SQL. Sub-selects are asked once a statement, not once a row; what they find is hashed.
        alter policy in_scope on passage_vectors using (
            (select labsync.is_member()) and (
                scope = 'everyone'
                or scope = 'author:' || (select labsync.current_user_id())
                or scope in (select 'conversation:' || id from labsync.my_conversation_ids() as id)
                or scope like 'roles:%' and (
                    split_part(scope, ':', 3) = (select labsync.current_user_id())::text
                    or string_to_array(split_part(scope, ':', 2), ',')::integer[]
                        && array(select labsync.my_role_ids())
                )
            )
        )
        """
}

/// Why vectors cannot be compared in the database, as a sentence for whoever runs Labsync.
public struct PgVectorError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
