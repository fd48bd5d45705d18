import Domain
import Foundation
import Ingest
import Testing

struct JSONLParserTests {
    private let now = Date(timeIntervalSince1970: 1_772_546_400)  // 2026-03-03 14:00 UTC

    private func parse(_ lines: String...) throws -> [ImportRecord] {
        var parser = JSONLParser(now: now)
        return try lines.compactMap { try parser.record(from: Data($0.utf8)) }
    }

    @Test func `a message keeps its id and time`() throws {
        let records = try parse(
            """
            {"type":"message","id":"00000000-0000-4000-8002-000000000001","conversation_id":\
            "00000000-0000-4000-8001-000000000001","sender_id":"00000000-0000-4000-8000-000000000001",\
            "content":"Hello","created_at":"2026-03-02T09:00:00+02:00"}
            """
        )
        guard case .message(let message) = records.first else {
            Issue.record("not a message")
            return
        }

        #expect(message.id.description == "00000000-0000-4000-8002-000000000001")
        #expect(message.createdAt == Date(timeIntervalSince1970: 1_772_434_800))
        #expect(message.content == "Hello")
    }

    @Test func `relative times are counted from the day of the import`() throws {
        let records = try parse(
            #"{"type":"clock","relative_to":"today"}"#,
            """
            {"type":"schedule","id":"00000000-0000-4000-8004-000000000001","title":"T",\
            "start_time":{"days":-1,"time":"09:30"},"end_time":{"days":1,"time":"00:00"},\
            "created_by":"00000000-0000-4000-8000-000000000001"}
            """
        )
        guard case .schedule(let schedule) = records.last else {
            Issue.record("not a schedule")
            return
        }

        #expect(schedule.start.formatted(.iso8601) == "2026-03-02T09:30:00Z")
        #expect(schedule.end.formatted(.iso8601) == "2026-03-04T00:00:00Z")
    }

    @Test(arguments: [
        ("{", "is not valid JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "has no \"type\""),
        (#"{"type":"spaceship"}"#, "has an unknown type \"spaceship\""),
        (#"{"type":"role","name":"x","colour":"red"}"#, "has an unknown column \"colour\""),
        (#"{"type":"role","name":1}"#, "\"name\" is not text"),
        (#"{"type":"user","id":"x","email":"a@b"}"#, "\"id\" is not a UUID"),
        (#"{"type":"role","name":"a\u0000b"}"#, "\"name\" contains a NUL character"),
    ])
    func `a bad line is explained`(line: String, reason: String) {
        let problem = #expect(throws: ImportProblem.self) { try parse(line) }
        #expect(problem?.reason == reason)
    }

    @Test func `a file's path cannot leave the import's folder`() {
        for path in ["/etc/passwd", "../secret", "a/../../b"] {
            #expect(throws: ImportProblem.self) {
                try parse(
                    """
                    {"type":"file","id":"00000000-0000-4000-8005-000000000001","name":"f","path":"\(path)",\
                    "owner_id":"00000000-0000-4000-8000-000000000001"}
                    """
                )
            }
        }
    }
}
