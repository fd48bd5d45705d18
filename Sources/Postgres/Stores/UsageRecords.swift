public import Assistant
public import Domain

/// Tokens spent on language models. Runs as labsync_app; `report` as labsync_ingest.
public struct UsageRecords: UsageLedger {
    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func spent(for principal: Principal) async throws -> TokensSpent {
        let row = try await database.query("select * from labsync.tokens_spent()", as: principal)[0]
        return TokensSpent(
            own: try row.get("own"),
            lab: try row.get("lab"),
            secondsLeft: try row.get("seconds_left")
        )
    }

    public func record(_ usage: TokenUsage, model: String, for principal: Principal) async throws {
        _ = try await database.query(
            """
            insert into assistant_usage as known (user_id, day, model, replies, prompt_tokens, completion_tokens)
            values (\(principal.user), (now() at time zone 'UTC')::date, \(model), 1, \(usage.promptTokens),
                \(usage.completionTokens))
            on conflict (user_id, day, model) do update set
                replies = known.replies + 1,
                prompt_tokens = known.prompt_tokens + excluded.prompt_tokens,
                completion_tokens = known.completion_tokens + excluded.completion_tokens
            """,
            as: principal
        )
    }

    public struct Line: Sendable, Encodable {
        public let email: String
        public let model: String
        public let replies: Int
        public let promptTokens: Int
        public let completionTokens: Int
    }

    /// By member and model over the last days, the largest first.
    public func report(days: Int) async throws -> [Line] {
        try await database.query(
            """
            select users.email, assistant_usage.model, sum(replies)::bigint as replies,
                sum(prompt_tokens)::bigint as prompt_tokens, sum(completion_tokens)::bigint as completion_tokens
            from assistant_usage join users on users.id = assistant_usage.user_id
            where day > (now() at time zone 'UTC')::date - \(days)::integer
            group by users.email, assistant_usage.model
            order by sum(prompt_tokens + completion_tokens) desc, users.email
            """
        ).map { row in
            Line(
                email: try row.get("email"),
                model: try row.get("model"),
                replies: try row.get("replies"),
                promptTokens: try row.get("prompt_tokens"),
                completionTokens: try row.get("completion_tokens")
            )
        }
    }
}
