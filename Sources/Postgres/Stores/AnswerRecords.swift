public import Assistant
public import Domain
import Foundation

/// Threads and answers, each its owner's alone, shown only as long as its sources are. Runs as labsync_app.
public struct AnswerRecords: AnswerStore {
    private static let noThread = "No such thread."
    private static let noAnswer = "No such answer."

    private let records: JSONRecords

    public init(_ database: Database) {
        records = JSONRecords(database: database)
    }

    public func threads(_ page: PageRequest, for principal: Principal) async throws -> Page {
        try await records.page(
            """
            select json_build_object(
                'id', id, 'title', title, 'created_at', labsync.rfc3339(created_at),
                'updated_at', labsync.rfc3339(updated_at),
                'turns', (select count(*) from assistant_turns where thread_id = assistant_threads.id)
            )::text as json, updated_at::text as sort_value, id
            from assistant_threads
            where \(page.bounds(time: "updated_at", id: "id", table: "assistant_threads"))
            order by \(page.order(time: "updated_at", id: "id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func turns(of thread: ThreadID, _ page: PageRequest, for principal: Principal) async throws -> Page {
        let found = try await records.page(
            """
            select \(Self.turn)::text as json, created_at::text as sort_value, id
            from assistant_turns
            where thread_id = \(thread)
                and \(page.bounds(time: "created_at", id: "id", table: "assistant_turns"))
            order by \(page.order(time: "created_at", id: "id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
        if found.rows.isEmpty {
            _ = try await records.one(
                "select '1' as json from assistant_threads where id = \(thread)",
                orElse: Self.noThread,
                as: principal
            )
        }
        return found
    }

    public func delete(_ thread: ThreadID, for principal: Principal) async throws {
        let outcome = try await records.database.run(
            ["delete from assistant_threads where id = \(thread)"],
            as: principal
        )
        guard outcome[0].affected == 1 else { throw PublicError(.notFound, Self.noThread) }
    }

    public func thread(of answer: AnswerID, for principal: Principal) async throws -> ThreadID? {
        try await records.database.query("select thread_id from assistant_turns where id = \(answer)", as: principal)
            .first?.get("thread_id")
    }

    public func rate(
        _ answer: AnswerID,
        isHelpful: Bool,
        reason: String?,
        for principal: Principal
    ) async throws -> JSONText {
        try await records.one(
            """
            update assistant_turns set helpful = \(isHelpful), helpful_reason = \(reason)
            where id = \(answer)
            returning json_build_object('id', id, 'helpful', helpful, 'reason', helpful_reason)::text as json
            """,
            orElse: Self.noAnswer,
            as: principal
        )
    }

    public func explanation(of answer: AnswerID, for principal: Principal) async throws -> JSONText {
        try await records.one(
            """
            select (\(Self.turn) || jsonb_build_object('trace', jsonb_set(trace, '{candidates}', coalesce(
                (select jsonb_agg(candidate) from jsonb_array_elements(trace -> 'candidates') as all_ (candidate)
                where labsync.sources_visible(jsonb_build_array(candidate))), '[]'))))::text as json
            from assistant_turns where id = \(answer)
            """,
            orElse: Self.noAnswer,
            as: principal
        )
    }

    public func kept(_ answer: AnswerID, for principal: Principal) async throws -> KeptAnswer {
        let rows = try await records.database.query(
            """
            select question, \(Self.turn)::text as json, trace::text as trace,
                case when labsync.sources_visible(citations) then citations else '[]' end::text as citations
            from assistant_turns where id = \(answer)
            """,
            as: principal
        )
        guard let row = rows.first else { throw PublicError(.notFound, Self.noAnswer) }
        struct Cited: Decodable { let source: SourceReference }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let cited = try decoder.decode([Cited].self, from: Data(row.get("citations", as: String.self).utf8))
        return KeptAnswer(
            question: try row.get("question"),
            row: JSONText(try row.get("json")),
            sources: cited.map(\.source),
            // Answers from before traces were kept have none.
            trace: try? decoder.decode(AnswerTrace.self, from: Data(row.get("trace", as: String.self).utf8))
        )
    }

    private static let turn: Statement = """
        case when labsync.sources_visible(citations) then jsonb_build_object('answer', answer, 'citations', citations)
            else jsonb_build_object(
                'answer', 'This answer drew on something that you can no longer see.', 'citations', '[]'::jsonb,
                'withheld', true)
        end || jsonb_build_object(
            'id', id, 'thread_id', thread_id, 'question', question, 'mode', mode, 'prompt_version', prompt_version,
            'generation', generation_id, 'usage', usage, 'helpful', helpful, 'helpful_reason', helpful_reason,
            'created_at', labsync.rfc3339(created_at))
        """
}
