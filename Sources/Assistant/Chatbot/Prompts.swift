/// The prompts, one for each job of a model.
public struct Prompts: Sendable {
    /// Answers one person.
    public let answer: Prompt
    /// Answers in a conversation that several people read.
    public let room: Prompt
    /// Makes a question that leans on others stand alone; without it, words are carried over.
    public let rewrite: Prompt?

    public init(answer: Prompt, room: Prompt, rewrite: Prompt?) {
        self.answer = answer
        self.room = room
        self.rewrite = rewrite
    }

    /// - Parameter read: the text of a prompt, by its name.
    public static func load(_ read: (String) throws -> String) throws -> Prompts {
        func prompt(_ name: String, _ placeholders: Set<String>) throws -> Prompt {
            try Prompt(text: try read(name), placeholders: placeholders, name: name)
        }
        return Prompts(
            answer: try prompt("answer-with-citations", ["now", "passages"]),
            room: try prompt("answer-in-conversation", ["now", "passages"]),
            rewrite: try prompt("rewrite-follow-up", ["history"])
        )
    }
}
