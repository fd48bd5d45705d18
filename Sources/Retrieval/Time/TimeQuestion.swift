/// Whether a question wants to know a time.
enum TimeQuestion {
    static func asksWhen(_ question: String) -> Bool {
        let words = Terms.compounds(of: question).joined().prefix(12)
        if words.contains("when") { return true }
        let text = words.joined(separator: " ")
        return [
            "what time", "what day", "what date", "which day", "which month", "which year", "how long ago", "what year",
            "what month",
        ]
        .contains(where: text.contains)
    }
}
