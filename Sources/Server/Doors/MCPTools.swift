import Assistant
import Domain
import Foundation

/// What programs may call: search, ask, schedule. All of them only read.
struct MCPTools {
    enum Tool: String, CaseIterable {
        case ask
        case schedule
        case search
    }

    private static let mostEntries = 200

    let search: SearchService
    let chatbot: ChatbotService
    let calendar: any CalendarReader

    /// In a fixed order.
    static let list: JSONValue = [
        tool(
            .ask,
            "Ask the lab's assistant a question; the answer cites the rows that support it.",
            [
                "question": text("The question, in words."),
                "timezone": text("IANA zone for times in question and answer, such as Europe/Berlin; UTC if left out."),
                "thread_id": text("A thread of earlier questions that this one goes on from."),
                "sources": kinds,
            ],
            required: ["question"]
        ),
        tool(
            .schedule,
            "List entries of the lab's calendar: bookings of instruments, shifts, meetings.",
            [
                "from": text("RFC 3339 time or date; now if left out."),
                "to": text("RFC 3339 time or date; seven days after `from` if left out."),
                "resource": text("Only of instruments and rooms whose name contains this."),
                "person": text("Only of members whose name contains this."),
                "timezone": text("IANA zone that dates are meant in; UTC if left out."),
            ],
            required: []
        ),
        tool(
            .search,
            "Find passages in messages, statuses, comments, files and the calendar.",
            [
                "query": text("What to look for."),
                "limit": ["type": "integer", "minimum": 1, "maximum": 100, "description": "How many; 10 if left out."],
                "sources": kinds,
                "conversation_id": text("Only in this conversation."),
                "since": text("RFC 3339 time; nothing older."),
                "until": text("RFC 3339 time; nothing from then on."),
            ],
            required: ["query"]
        ),
    ]

    private static func tool(
        _ tool: Tool,
        _ description: String,
        _ properties: [String: JSONValue],
        required: JSONValue
    ) -> JSONValue {
        [
            "name": .text(tool.rawValue), "title": .text(tool.rawValue.capitalized), "description": .text(description),
            "inputSchema": ["type": "object", "properties": .object(properties), "required": required],
            "annotations": ["readOnlyHint": true, "openWorldHint": false],
        ]
    }

    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "description": .text(description)]
    }

    private static let kinds: JSONValue = [
        "type": "array", "description": "Only these kinds of source.",
        "items": ["type": "string", "enum": .list(SourceKind.allCases.map { .text($0.rawValue) })],
    ]

    func call(_ tool: Tool, _ arguments: JSONValue, _ principal: Principal) async throws -> (String, JSONValue) {
        let arguments = MCPArguments(arguments)
        return switch tool {
        case .ask: try await ask(arguments, principal)
        case .schedule: try await schedule(arguments, principal)
        case .search: try await search(arguments, principal)
        }
    }

    private func ask(_ arguments: MCPArguments, _ principal: Principal) async throws -> (String, JSONValue) {
        var question = ChatbotQuestion(query: try arguments.required("question", or: "query", "q"))
        question.timeZone = try arguments.timeZone()
        question.thread = try arguments.id("thread_id")
        question.sources = try arguments.sources()
        let answer = try await chatbot.answer(question, for: principal)
        let sources = answer.citations.map {
            "[\($0.n)] \($0.whereabouts(in: question.timeZone)) (\($0.source))"
        }
        let text = ([answer.answer] + (sources.isEmpty ? [] : [""] + sources)).joined(separator: "\n")
        return (text, try JSONValue(encoding: ChatbotResponse(answer)))
    }

    private func search(_ arguments: MCPArguments, _ principal: Principal) async throws -> (String, JSONValue) {
        var query = SearchService.Query(try arguments.required("query", or: "q", "question"))
        query.limit = try arguments.number("limit") ?? query.limit
        query.sources = try arguments.sources()
        query.conversation = try arguments.id("conversation_id")
        query.timeZone = try arguments.timeZone()
        query.since = try arguments.time("since", .gmt)
        query.until = try arguments.time("until", .gmt)
        let outcome = try await search.search(query, for: principal)
        let passages = outcome.hits.enumerated().map { index, hit in
            let citation = Citation(hit.evidence, n: index + 1)
            return "[\(index + 1)] \(citation.whereabouts) (\(citation.source))\n\(hit.evidence.text)"
        }
        let text = passages.isEmpty ? "Nothing found." : passages.joined(separator: "\n\n")
        return (text, try JSONValue(encoding: SearchResponse(outcome)))
    }

    private func schedule(_ arguments: MCPArguments, _ principal: Principal) async throws -> (String, JSONValue) {
        let zone = try arguments.timeZone()
        let from = try arguments.time("from", zone) ?? Date()
        let to = try arguments.time("to", zone) ?? from.addingTimeInterval(7 * 86_400)
        guard from < to else { throw PublicError(.invalid, "`to` must be after `from`.") }
        let vocabulary = try await calendar.vocabulary(for: principal)
        let resource = arguments.text("resource")?.lowercased()
        let person = arguments.text("person")?.lowercased()
        let entries = try await calendar.entries(in: DateInterval(start: from, end: to), for: principal)
            .filter { $0.overlaps(from, to) }
            .filter { entry in resource.map { entry.resource?.lowercased().contains($0) ?? false } ?? true }
            .filter { entry in
                guard let person else { return true }
                return entry.people.contains { vocabulary.people[$0]?.lowercased().contains(person) ?? false }
            }
            .prefix(Self.mostEntries)
        let lines = entries.map { "\($0.text(in: zone)) (schedule:\($0.id))" }
        return (
            lines.isEmpty ? "There is nothing in the calendar then." : lines.joined(separator: "\n"),
            ["entries": .list(entries.map { Self.json($0, vocabulary) })]
        )
    }

    private static func json(_ entry: CalendarEntry, _ vocabulary: CalendarVocabulary) -> JSONValue {
        [
            "id": .text(entry.id.description), "title": .text(entry.title),
            "description": entry.description.map { .text($0) } ?? nil,
            "resource": entry.resource.map { .text($0) } ?? nil,
            "start_time": .text(entry.start.formatted(.iso8601)), "end_time": .text(entry.end.formatted(.iso8601)),
            "all_day": .bool(entry.allDay),
            "people": .list(entry.people.map { .text(vocabulary.people[$0] ?? "") }),
        ]
    }
}

/// A tool's arguments, taken out one by one.
struct MCPArguments {
    private let value: JSONValue

    init(_ value: JSONValue) {
        self.value = value
    }

    func text(_ name: String) -> String? { value[name]?.text }

    /// Models are not exact about names: near ones will do.
    func required(_ name: String, or others: String...) throws -> String {
        guard let text = ([name] + others).compactMap({ value[$0]?.text }).first, !text.utf8.contains(0) else {
            throw Self.wrong(name, "is required, as text")
        }
        return text
    }

    func number(_ name: String) throws -> Int? {
        guard let given = value[name] else { return nil }
        guard let number = given.integer else { throw Self.wrong(name, "must be a whole number") }
        return number
    }

    func id<Entity>(_ name: String) throws -> Identifier<Entity>? {
        guard let given = value[name] else { return nil }
        guard let text = given.text, let id = Identifier<Entity>(text) else { throw Self.wrong(name, "must be a UUID") }
        return id
    }

    func timeZone() throws -> TimeZone {
        guard let name = value["timezone"]?.text else { return .gmt }
        guard let zone = TimeZone(identifier: name) else {
            throw Self.wrong("timezone", "must be a zone such as Europe/Berlin")
        }
        return zone
    }

    /// A time, or a date in the zone.
    func time(_ name: String, _ zone: TimeZone) throws -> Date? {
        guard let given = value[name] else { return nil }
        if let text = given.text {
            if let date = Date(rfc3339: text) { return date }
            let day = Date.ISO8601FormatStyle(timeZone: zone).year().month().day()
            if let date = try? Date(text, strategy: day) { return date }
        }
        throw Self.wrong(name, "must be a time such as 2026-01-31T14:05:00Z, or a date")
    }

    func sources() throws -> Set<SourceKind>? {
        guard let given = value["sources"] else { return nil }
        let kinds = given.list?.map { $0.text.flatMap(SourceKind.init) }
        guard let kinds, !kinds.isEmpty, !kinds.contains(nil) else {
            let names = SourceKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.wrong("sources", "must be a list of some of: \(names)")
        }
        return Set(kinds.compactMap { $0 })
    }

    private static func wrong(_ name: String, _ detail: String) -> PublicError {
        PublicError(.invalid, "`\(name)` \(detail).", fields: [.init("/\(name)", detail)])
    }
}
