public import Assistant
public import Domain
import Foundation

/// Threads with the assistant, each its owner's alone. Runs as labsync_app.
public struct ThreadRecords: ThreadStore {
    private static let longestTitle = 80

    private let database: Database

    public init(_ database: Database) {
        self.database = database
    }

    public func history(of thread: ThreadID, limit: Int, for principal: Principal) async throws -> [ThreadTurn] {
        let rows = try await database.query(
            """
            select turns.question, turns.answer
            from assistant_threads
            left join lateral (
                select question, answer, created_at from assistant_turns
                where thread_id = assistant_threads.id and labsync.sources_visible(citations)
                order by created_at desc limit \(limit)
            ) as turns on true
            where assistant_threads.id = \(thread)
            order by turns.created_at
            """,
            as: principal
        )
        guard !rows.isEmpty else { throw PublicError(.notFound, "No such thread.") }
        return try rows.compactMap { row in
            guard let question: String = try row.get("question") else { return nil }
            return ThreadTurn(question: question, answer: try row.get("answer"))
        }
    }

    public func append(_ turn: NewTurn, to thread: ThreadID?, for principal: Principal) async throws
        -> (thread: ThreadID, answer: AnswerID)
    {
        let citations = String(decoding: try Self.encoder.encode(turn.citations), as: UTF8.self)
        let usage = String(decoding: try Self.encoder.encode(turn.usage), as: UTF8.self)
        let trace = String(decoding: try Self.encoder.encode(turn.trace), as: UTF8.self)
        let id = thread ?? ThreadID()
        let open: Statement =
            if thread == nil {
                """
                insert into assistant_threads (id, user_id, title)
                values (\(id), \(principal.user), \(String(turn.question.prefix(Self.longestTitle))))
                """
            } else {
                "update assistant_threads set updated_at = now() where id = \(id)"
            }
        try await database.withTransaction(as: principal) { transaction in
            guard try await transaction.run(open) == 1 else { throw PublicError(.notFound, "No such thread.") }
            try await transaction.run(
                """
                insert into assistant_turns (
                    id, thread_id, question, answer, citations, mode, prompt_version, generation_id, usage, trace)
                values (\(turn.id), \(id), \(turn.question), \(turn.answer), \(citations)::jsonb,
                    \(turn.mode.rawValue), \(turn.promptVersion), \(turn.generation)::integer, \(usage)::jsonb,
                    \(trace)::jsonb)
                """
            )
        }
        return (id, turn.id)
    }

    private static let encoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }()
}
