import Domain
import Foundation
import Retrieval

/// Answers questions about the calendar from its rows; says nothing to any other question.
struct CalendarAssistant {
    struct Reply {
        let text: String
        let citations: [Citation]
    }

    private let reader: any CalendarReader
    private let firstWeekday: Int

    init(_ reader: any CalendarReader, firstWeekday: Int) {
        self.reader = reader
        self.firstWeekday = firstWeekday
    }

    func reply(
        to query: String,
        after history: [ThreadTurn],
        room: ConversationID?,
        timeZone: TimeZone,
        now: Date,
        for principal: Principal
    ) async throws -> Reply? {
        let local = LocalTime(timeZone, firstWeekday: firstWeekday)
        let readings = FollowUp.calendarReadings(query, after: history, now: now, local: local)
            .filter(CalendarQuestion.isConceivable)
        guard !readings.isEmpty else { return nil }
        let vocabulary = try await reader.vocabulary(for: principal)
        let questions = readings.lazy.compactMap {
            CalendarQuestion($0, asker: principal.user, vocabulary: vocabulary, now: now, local: local)
        }
        guard let question = questions.first else { return nil }
        let answerer = CalendarAnswerer(question)
        let entries = try await reader.entries(in: answerer.window, for: principal)
        guard let finding = answerer.finding(entries) else { return nil }
        if case .missed(let span) = finding {
            return try await digest(span, entries, room, local, vocabulary, principal)
        }
        let words = CalendarWords(answerer, entries, vocabulary.people, asker: principal.user)
        return Self.reply(words.lines(finding), zone: local)
    }

    private static func reply(_ lines: [CalendarWords.Line], zone: LocalTime) -> Reply {
        var citations: [Citation] = []
        let texts = lines.map { line in
            guard let entry = line.entry else { return line.text }
            let number =
                citations.first { $0.source.id == entry.id.uuid }?.n
                ?? {
                    citations.append(Citation(entry, n: citations.count + 1, in: zone))
                    return citations.count
                }()
            return "\(line.text) [\(number)]"
        }
        return Reply(text: texts.joined(separator: "\n"), citations: citations)
    }

    // MARK: What was missed

    private static let longestSample = 240

    private func digest(
        _ span: DateInterval,
        _ entries: [CalendarEntry],
        _ room: ConversationID?,
        _ local: LocalTime,
        _ vocabulary: CalendarVocabulary,
        _ principal: Principal
    ) async throws -> Reply {
        let activity = try await reader.activity(in: span, room: room, for: principal)
        var lines = ["From \(local.text(span)):"]
        var citations: [Citation] = []
        func cite(_ evidence: Evidence) -> String {
            let quote = String(evidence.text.prefix(Self.longestSample))
            citations.append(Citation(evidence, n: citations.count + 1, quote: quote))
            let said = Addresses.removed(from: quote.split(whereSeparator: \.isNewline).joined(separator: " "))
            return "\(evidence.authorName ?? "somebody"): “\(said)” [\(citations.count)]"
        }
        if !activity.statuses.isEmpty {
            lines.append("Statuses:")
            lines += activity.statuses.map { "- \(cite($0))" }
        }
        if !activity.discussions.isEmpty {
            lines.append("Conversations:")
            lines += activity.discussions.map { discussion in
                let name = discussion.name ?? "a direct conversation"
                let noun = discussion.count == 1 ? "message" : "messages"
                return "- \(name): \(discussion.count) \(noun), among them \(cite(discussion.sample))"
            }
        }
        let events = entries.filter { !$0.allDay && ($0.resource == nil || $0.people.count > 2) }
        if !events.isEmpty {
            lines.append("Events:")
            for event in events.prefix(8) {
                citations.append(Citation(event, n: citations.count + 1, in: local))
                lines.append("- \(local.text(event.span(in: local))): \(event.title) [\(citations.count)]")
            }
        }
        if citations.isEmpty { lines.append("Nothing that you can see.") }
        lines.append("Times are in \(CalendarWords.name(of: local.timeZone)).")
        return Reply(text: lines.joined(separator: "\n"), citations: citations)
    }
}

extension Citation {
    /// A calendar entry, with its times as the asker's clocks show them.
    init(_ entry: CalendarEntry, n: Int, in local: LocalTime) {
        let span = entry.span(in: local)
        self.init(
            n: n,
            source: SourceReference(kind: .schedule, id: entry.id.uuid),
            conversationID: nil,
            title: entry.title,
            author: nil,
            createdAt: span.start,
            startsAt: span.start,
            endsAt: span.end,
            locator: entry.resource,
            quote: Addresses.removed(
                from: [entry.title, entry.description].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ". ")
            )
        )
    }
}
