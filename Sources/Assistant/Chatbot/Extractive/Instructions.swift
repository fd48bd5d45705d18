/// Words of somebody who tells how something is done.
enum Instructions {
    static func occur(in text: String) -> Bool { QuestionShape.words(of: text).contains(where: words.contains) }

    private static let words: Set = [
        "use", "take", "add", "put", "send", "write", "ask", "go", "open", "press", "turn", "start", "set", "wash",
        "make",
        "keep", "leave", "fill", "sign", "book", "install", "unplug", "push", "check", "run", "do", "don't", "never",
        "always", "please", "must", "should", "need", "needs", "first", "then", "until",
    ]
}
