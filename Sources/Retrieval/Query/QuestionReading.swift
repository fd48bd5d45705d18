public import Domain
public import Foundation

/// What a question says beside its words and their meaning.
public struct QuestionReading: Sendable {
    /// Times that it speaks of; a moment is a minute.
    public let times: [Range<Date>]
    public let asksWhen: Bool
    public let wantsLatest: Bool
    public let exact: ExactTerms
    /// Authors and conversations that it names.
    public let people: Set<UserID>
    public let conversations: Set<ConversationID>

    init(_ request: SearchRequest, _ corpus: VisibleCorpus) {
        var times = TimeExpressions.ranges(in: request.query, now: request.now, timeZone: request.timeZone)
        let anchors = EventAnchors(request.query)
        if !anchors.isEmpty { times += anchors.ranges(corpus.events, now: request.now) }
        self.times = times
        asksWhen = TimeQuestion.asksWhen(request.query)
        wantsLatest = RecencyIntent.occurs(in: request.query)
        exact = ExactTerms(request.query)
        people = request.people
        conversations = ConversationNames.named(in: request.query, corpus)
    }
}

extension VisibleCorpus {
    fileprivate var events: [EventAnchors.Event] {
        stretches.flatMap { stretch in
            stretch.segment.rows.indices.compactMap { row in
                let entry = stretch.segment.rows[row]
                guard entry.source.kind == .schedule, !stretch.part.dead.contains(Int32(row)), let title = entry.title,
                    let start = entry.startsAt
                else { return nil }
                return EventAnchors.Event(title: title, start: start, end: entry.endsAt ?? start)
            }
        }
    }
}
