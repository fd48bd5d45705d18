/// Looks for ways around Row-Level Security before anything is served.
public enum RLSLint {
    /// Functions that run as the owner, and why each must: they answer for the asker alone, or keep the outbox.
    private static let definers: Set<String> = [
        "is_member", "my_role_ids", "has_role", "is_owner", "is_manager", "my_conversation_ids", "create_conversation",
        "message_is_in", "my_role_status_ids", "my_grants", "grants_of_members", "index_freshness", "keep_an_owner",
        "status_scope", "scope_of", "enqueue", "enqueue_inserted", "enqueue_row", "forget_row",
        "enqueue_following_messages", "move_status_chunks", "status_audience_changed", "status_roles_changed",
        "enqueue_comments", "enqueue_schedule_of_participant", "file_changed", "forget_generation", "forget_vectors",
        "empty_conversation", "empty_status", "tokens_spent", "post_as_assistant", "act_for",
        "place_in_bucket", "file_bucket_changed", "bucket_audience_changed", "move_file_chunks", "public_object",
        "unnamed_objects", "hold_file", "require_room", "storage_used", "graph_vectors",
    ]

    /// What is wrong, a sentence each; empty when all is well. `database` is a pool of the request role.
    public static func violations(_ database: Database) async throws -> [String] {
        let rows = try await database.query(
            """
            select format('The request role %s may bypass Row-Level Security.', rolname) as violation
            from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)
            union all
            select format('The request role owns %s.', oid::regclass)
            from pg_class
            where relowner = (select oid from pg_roles where rolname = current_user)
                and relnamespace not in ('pg_toast'::regnamespace) and relpersistence <> 't'
            union all
            select format('%s does not force Row-Level Security.', oid::regclass)
            from pg_class
            where relkind in ('r', 'p') and relnamespace in ('public'::regnamespace, 'labsync'::regnamespace)
                and not (relrowsecurity and relforcerowsecurity)
            union all
            select format('The view %s does not run as its caller.', oid::regclass)
            from pg_class
            where relkind = 'v' and relnamespace in ('public'::regnamespace, 'labsync'::regnamespace)
                and not coalesce(reloptions @> array['security_invoker=true'], false)
            union all
            select format('The function %s runs as its owner without a fixed search_path.', oid::regprocedure)
            from pg_proc
            where prosecdef and pronamespace in ('public'::regnamespace, 'labsync'::regnamespace)
                and not coalesce(proconfig @> array['search_path=""'], false)
            union all
            select format('The function %s runs as its owner and is not on the list.', oid::regprocedure)
            from pg_proc
            where prosecdef and pronamespace in ('public'::regnamespace, 'labsync'::regnamespace)
                and proname <> all (\(Self.definers.sorted())::text[])
            """
        )
        return try rows.map { try $0.get("violation") }
    }
}
