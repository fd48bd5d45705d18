import Domain
public import Foundation

/// Turns the lines of a JSONL import into records, one at a time.
public struct JSONLParser {
    private var clock: ImportClock

    /// `now` anchors relative times.
    public init(now: Date) {
        clock = ImportClock(now: now)
    }

    /// Goes on behind lines that allowed relative times.
    mutating func allowRelativeTimes() {
        clock.allowRelativeTimes()
    }

    var allowsRelativeTimes: Bool { clock.allowsRelative }

    /// Nil for an empty line and for a line that only sets the clock.
    public mutating func record(from line: some DataProtocol) throws(ImportProblem) -> ImportRecord? {
        guard line.contains(where: { $0 > 0x20 }) else { return nil }
        var columns = try ImportLine(line, clock: clock)
        let type = try columns.text("type")
        if type == "clock" {
            guard try columns.text("relative_to") == "today" else {
                throw ImportProblem("\"relative_to\" can only be \"today\"")
            }
            clock.allowRelativeTimes()
            return nil
        }
        let record = try Self.record(type, &columns)
        try columns.requireNothingLeft()
        return record
    }

    private static func record(_ type: String, _ line: inout ImportLine) throws(ImportProblem) -> ImportRecord {
        switch type {
        case "role": .role(try role(&line))
        case "user": .user(try user(&line))
        case "conversation": .conversation(try conversation(&line))
        case "member":
            .member(.init(conversation: try line.id("conversation_id"), user: try line.id("user_id")))
        case "message": .message(try message(&line))
        case "status": .status(try status(&line))
        case "comment": .comment(try comment(&line))
        case "schedule": .schedule(try schedule(&line))
        case "file": .file(try file(&line))
        default: throw ImportProblem("has an unknown type \"\(type)\"")
        }
    }

    private static func role(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Role {
        .init(id: try line.optionalNumber("id").flatMap { RoleID(exactly: $0) }, name: try line.text("name"))
    }

    private static func user(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.User {
        let email = try line.text("email")
        guard email.contains("@") else { throw ImportProblem("\"email\" is not an e-mail address") }
        return .init(
            id: try line.id("id"),
            email: email,
            fullName: try line.optionalText("full_name"),
            avatarURL: try line.optionalText("avatar_url"),
            createdAt: try line.optionalTime("created_at"),
            roles: try line.texts("roles")
        )
    }

    private static func conversation(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Conversation {
        .init(
            id: try line.id("id"),
            name: try line.optionalText("name"),
            isGroup: try line.bool("is_group"),
            createdAt: try line.optionalTime("created_at"),
            members: try line.ids("member_ids")
        )
    }

    private static func message(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Message {
        .init(
            id: try line.id("id"),
            conversation: try line.id("conversation_id"),
            sender: try line.id("sender_id"),
            content: try line.text("content"),
            mediaURL: try line.optionalText("media_url"),
            createdAt: try line.optionalTime("created_at"),
            replyTo: try line.optionalID("reply_to"),
            editedAt: try line.optionalTime("edited_at")
        )
    }

    private static func status(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Status {
        let visibility = try line.optionalText("visibility") ?? "public"
        guard ["public", "private", "role-based"].contains(visibility) else {
            throw ImportProblem("\"visibility\" is not public, private or role-based")
        }
        return .init(
            id: try line.id("id"),
            author: try line.id("author_id"),
            text: try line.text("text"),
            mediaURL: try line.optionalText("media_url"),
            visibility: visibility,
            roles: try line.texts("roles"),
            createdAt: try line.optionalTime("created_at")
        )
    }

    private static func comment(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Comment {
        .init(
            id: try line.id("id"),
            status: try line.id("status_id"),
            author: try line.id("author_id"),
            text: try line.text("text"),
            createdAt: try line.optionalTime("created_at")
        )
    }

    private static func schedule(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.Schedule {
        let start = try line.time("start_time")
        let end = try line.time("end_time")
        guard start <= end else { throw ImportProblem("\"end_time\" is before \"start_time\"") }
        return .init(
            id: try line.id("id"),
            title: try line.text("title"),
            description: try line.optionalText("description"),
            resource: try line.optionalText("resource"),
            start: start,
            end: end,
            allDay: try line.bool("all_day"),
            createdBy: try line.id("created_by"),
            participants: try line.ids("participants")
        )
    }

    private static func file(_ line: inout ImportLine) throws(ImportProblem) -> ImportRecord.File {
        let content: ImportRecord.File.Content
        if let text = try line.optionalText("content") {
            content = .text(text)
        } else {
            content = .path(try safePath(try line.text("path")))
        }
        return .init(
            id: try line.id("id"),
            name: try line.text("name"),
            contentType: try line.optionalText("content_type") ?? "text/plain",
            owner: try line.id("owner_id"),
            conversation: try line.optionalID("conversation_id"),
            message: try line.optionalID("message_id"),
            status: try line.optionalID("status_id"),
            schedule: try line.optionalID("schedule_id"),
            createdAt: try line.optionalTime("created_at"),
            content: content
        )
    }

    private static func safePath(_ path: String) throws(ImportProblem) -> String {
        guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw ImportProblem("\"path\" leaves the import's folder")
        }
        return path
    }
}
