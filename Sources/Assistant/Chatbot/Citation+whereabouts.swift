import Domain
public import Foundation
import Retrieval

extension Citation {
    /// A passage as a citation of itself.
    public init(_ evidence: Evidence, n: Int = 1) {
        self.init(evidence, n: n, quote: evidence.text)
    }

    /// - Parameter quote: the words that support an answer; shown without addresses of others.
    init(_ evidence: Evidence, n: Int, quote: String) {
        self.init(
            n: n,
            source: evidence.source,
            conversationID: evidence.conversation,
            title: evidence.title,
            author: evidence.authorName,
            createdAt: evidence.startsAt ?? evidence.createdAt,
            startsAt: evidence.startsAt,
            endsAt: evidence.endsAt,
            locator: evidence.locator,
            quote: Addresses.removed(from: quote)
        )
    }

    /// "Mei-Ling Tan in cryo-EM, 3 Oct 2026", "manual.md, line 40".
    public var whereabouts: String { whereabouts(in: .gmt) }

    /// As the clocks of a time zone show it: events with their start and end.
    public func whereabouts(in zone: TimeZone) -> String {
        let local = LocalTime(zone)
        let (year, month, date) = LocalTime.civil(local.day(of: createdAt))
        let day = "\(date) \(LocalTime.months[month - 1]) \(year)"
        switch source.kind {
        case .message:
            return [author, title.map { "in \($0)" }].compactMap { $0 }.joined(separator: " ") + ", \(day)"
        case .status, .comment:
            return [author, source.kind == .status ? "status" : "comment", day].compactMap { $0 }.joined(
                separator: ", "
            )
        case .schedule:
            let time = endsAt.map { local.text(DateInterval(start: createdAt, end: max(createdAt, $0))) } ?? day
            return ["schedule", title, time].compactMap { $0 }.joined(separator: ", ")
        case .file:
            return [title, locator].compactMap { $0 }.joined(separator: ", ")
        }
    }
}
