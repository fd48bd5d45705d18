import Foundation

/// The assistant spoken to in a conversation.
public enum AssistantMention {
    public static let name = "@assistant"

    public static func occurs(in text: String) -> Bool {
        question(in: text) != nil
    }

    /// What is asked of it: the text without the mention; nil when it is not spoken to.
    public static func question(in text: String) -> String? {
        guard text.firstMatch(of: /(?:^|[^\w@.])@assistant\b/.ignoresCase()) != nil else { return nil }
        let question = text.replacing(/@assistant\b[,:]?/.ignoresCase(), with: "")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return question.isEmpty ? nil : question
    }
}
