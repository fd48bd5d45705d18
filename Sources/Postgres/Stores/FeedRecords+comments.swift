public import Assistant
public import Domain
import Foundation

extension FeedRecords {
    private static let noComment = "No such comment."

    public func comments(on status: StatusID, _ page: PageRequest, for principal: Principal) async throws -> Page {
        _ = try await records.one(
            "select '1' as json from statuses where id = \(status)",
            orElse: Self.noStatus.sentence,
            as: principal
        )
        return try await records.page(
            """
            \(Self.comment), status_comments.created_at::text as sort_value, status_comments.id
            from status_comments left join users on users.id = status_comments.author_id
            where status_id = \(status)
                and \(page.bounds(
                    time: "status_comments.created_at", id: "status_comments.id", table: "status_comments"))
            order by \(page.order(time: "status_comments.created_at", id: "status_comments.id"))
            limit \(page.fetched)::integer
            """,
            page,
            as: principal
        )
    }

    public func comment(_ id: CommentID, for principal: Principal) async throws -> JSONText {
        try await records.one(Self.reading(id), orElse: Self.noComment, as: principal)
    }

    public func post(_ comment: NewComment, _ once: Once?, for principal: Principal) async throws -> Created {
        let id = UUID()
        return try await records.create(
            id,
            [
                """
                insert into status_comments (id, status_id, author_id, text)
                values (\(id), \(comment.status), \(principal.user), \(comment.text.text))
                """
            ],
            once,
            as: principal,
            refusal: Self.noStatus,
            read: { Self.reading(CommentID($0)) }
        )
    }

    public func edit(_ id: CommentID, text: CommentText, for principal: Principal) async throws -> JSONText {
        let outcomes = try await records.database.run(
            [
                "update status_comments set text = \(text.text), edited_at = now() where id = \(id)",
                Self.reading(id),
            ],
            as: principal
        )
        guard let row = outcomes[1].rows.first else { throw PublicError(.notFound, Self.noComment) }
        guard outcomes[0].affected == 1 else { throw PublicError(.forbidden, "Only who wrote a comment edits it.") }
        return JSONText(try row.get("json"))
    }

    public func delete(_ id: CommentID, for principal: Principal) async throws {
        let outcomes = try await records.database.run(
            ["select from status_comments where id = \(id)", "delete from status_comments where id = \(id)"],
            as: principal
        )
        guard !outcomes[0].rows.isEmpty else { throw PublicError(.notFound, Self.noComment) }
        guard outcomes[1].affected == 1 else {
            throw PublicError(.forbidden, "Only who wrote a comment, or a manager, deletes it.")
        }
    }

    private static func reading(_ id: CommentID) -> Statement {
        """
        \(comment) from status_comments left join users on users.id = status_comments.author_id
        where status_comments.id = \(id)
        """
    }

    private static let comment: Statement = """
        select json_build_object(
            'id', status_comments.id, 'status_id', status_comments.status_id,
            'author_id', status_comments.author_id, 'author_name', users.full_name, 'text', status_comments.text,
            'created_at', labsync.rfc3339(status_comments.created_at),
            'edited_at', labsync.rfc3339(status_comments.edited_at)
        )::text as json
        """
}
