/// Whether a question is after how things stand now: then newer passages count more.
///
/// Only then: newer is not better for a question after what was once said.
enum RecencyIntent {
    static func occurs(in question: String) -> Bool {
        let words = Array(Terms.compounds(of: question).joined())
        guard !words.contains(where: past.contains) else { return false }
        return words.indices.contains { index in
            let next = words.indices.contains(index + 1) ? words[index + 1] : ""
            return plain.contains(words[index]) || phrases.contains("\(words[index]) \(next)")
        }
    }

    private static let plain: Set<String> = [
        "latest", "newest", "current", "currently", "recent", "recently", "nowadays", "lately", "now", "still",
        "updated",
        "update", "updates", "anymore", "today",
    ]
    private static let phrases: Set<String> = ["most recent", "right now", "at present", "so far", "these days"]
    private static let past: Set<String> = ["first", "originally", "earliest", "oldest", "initially", "ago"]
}
