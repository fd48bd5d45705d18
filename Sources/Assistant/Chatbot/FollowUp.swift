import Foundation
import Retrieval

/// Makes a question that leans on those before it stand alone.
enum FollowUp {
    private static let pronouns: Set<String> = [
        "it", "that", "they", "them", "he", "she", "those", "this", "these", "his", "her", "there", "then", "one",
    ]
    private static let openings = ["and ", "or ", "but ", "what about ", "how about ", "why", "also ", "so "]

    static func leans(_ query: String) -> Bool {
        let lowered = query.lowercased()
        let words = lowered.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        return words.count <= 4 && !query.contains(where: \.isNumber) || words.contains(where: pronouns.contains)
            || openings.contains(where: lowered.hasPrefix)
    }

    /// The topic is carried over: the question is searched for together with what it leans on.
    static func standalone(_ query: String, after history: [ThreadTurn]) -> String {
        var topic: String?
        for question in history.map(\.question) {
            topic = topic.map { leans(question) ? "\($0) \(question)" : question } ?? question
        }
        guard let topic, leans(query) else { return query }
        return "\(topic) \(query)"
    }

    /// Ways to read a question about the calendar that leans on another: with its own time, its own subject, or both.
    static func calendarReadings(_ query: String, after history: [ThreadTurn], now: Date, local: LocalTime) -> [String]
    {
        guard let last = history.last?.question, leans(query) else { return [query] }
        var old = SpokenWords(last)
        var new = SpokenWords(query)
        let reader = SpokenTimeReader(local: local, now: now, isPast: false)
        _ = reader.read(&old)
        let hasTime = reader.read(&new) != .unspecified
        let rest = new.rest.map(\.word).filter { !Phrasing.fillers.contains($0) && !["what", "about"].contains($0) }
        let ownWords = new.words.filter { !["and", "what", "how", "about", "so", "also", "then"].contains($0) }
            .joined(separator: " ")
        let timeless = old.rest.map(\.word).joined(separator: " ")
        guard rest.isEmpty else {
            // Another subject: the old question without its own.
            let frame = (hasTime ? old.rest.map(\.word) : old.words)
                .filter { Phrasing.fillers.contains($0) || Phrasing.isVerb($0) || !hasTime && isTimeWord($0, last) }
            return [query, "\(frame.joined(separator: " ")) \(ownWords)"]
        }
        return hasTime ? [query, "\(timeless) \(ownWords)"] : [query]
    }

    private static func isTimeWord(_ word: String, _ text: String) -> Bool {
        var words = SpokenWords(text)
        let reader = SpokenTimeReader(local: LocalTime(.gmt), now: Date(timeIntervalSince1970: 0), isPast: false)
        _ = reader.read(&words)
        return words.indices.contains { words[$0] == word && words.isUsed[$0] }
    }
}
