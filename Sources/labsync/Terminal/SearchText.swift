import Assistant
import Foundation
import Retrieval

/// What was found, and how, as the terminal shows it.
enum SearchText {
    static func hit(_ hit: SearchService.Hit, _ number: Int, explain: Bool) -> String {
        let place = Citation(hit.evidence).whereabouts(in: .current)
        var lines = ["\(number). \(place)  [\(hit.evidence.source), \(figure(hit.score))]"]
        lines.append("   " + hit.evidence.text.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(300))
        if explain { lines += reasons(hit).map { "   \($0)" } }
        return lines.joined(separator: "\n")
    }

    private static func reasons(_ hit: SearchService.Hit) -> [String] {
        let explanation = hit.explanation
        var lines = explanation.legs.sorted { $0.key < $1.key }.map { leg, found in
            "\(leg): \(found.rank.map { "rank \($0)" } ?? "not among the best"), \(figure(found.score))"
        }
        lines += explanation.bonuses.sorted { $0.key < $1.key }.map { "+ \($0): \(figure($1))" }
        lines.append("age: \(age(explanation.age))")
        return lines + hit.notes
    }

    /// What the question was read as, how much was looked at, and what was left out.
    static func explanation(_ outcome: SearchService.Outcome) -> String {
        let reading = outcome.reading
        var lines = ["", "\(outcome.scored) passages that you may see, \(outcome.candidates) of them ranked."]
        let style = Date.FormatStyle(date: .abbreviated, time: .shortened, timeZone: .current)
        for time in reading.times {
            lines.append("Speaks of \(time.lowerBound.formatted(style)) to \(time.upperBound.formatted(style)).")
        }
        if reading.asksWhen { lines.append("Asks for a time.") }
        if reading.wantsLatest { lines.append("Asks how things stand now: newer counts more.") }
        if !reading.people.isEmpty { lines.append("Names \(reading.people.count) author(s).") }
        if !reading.conversations.isEmpty { lines.append("Names \(reading.conversations.count) conversation(s).") }
        for phrase in reading.exact.phrases { lines.append("Quotes “\(phrase)”.") }
        if !reading.exact.identifiers.isEmpty {
            lines.append("Identifiers: \(reading.exact.identifiers.sorted().joined(separator: ", ")).")
        }
        for dropped in outcome.dropped {
            let source = dropped.source.map { "\($0)" } ?? "a passage"
            lines.append("Left out: \(source), \(figure(dropped.score)): \(dropped.reason)")
        }
        return lines.joined(separator: "\n")
    }

    private static func figure(_ value: Double) -> String { String(format: "%.3f", value) }

    private static func age(_ seconds: TimeInterval) -> String {
        let hours = Int((seconds / 3600).rounded())
        return abs(hours) < 48 ? "\(hours) hours" : "\(Int((seconds / 86_400).rounded())) days"
    }
}
