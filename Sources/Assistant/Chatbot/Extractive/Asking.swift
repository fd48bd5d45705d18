import Foundation

/// Whether somebody asks something, as people write it in a chat: with or without a question mark.
package enum Asking {
    /// A longer turn that begins like a question tells more than it asks.
    private static let longestWithoutMark = 12

    /// True for a turn that asks; what it adds after its question does not change that.
    package static func occurs(in text: String) -> Bool {
        // Who sets a mark anywhere has set it where it belongs.
        text.contains("?")
            ? Sentences.sentences(of: text).suffix(2).contains(where: endsWithMark) : opensLikeQuestion(text)
    }

    /// A question mark, whatever signs and smileys follow it.
    static func endsWithMark(_ text: String) -> Bool {
        text.last { $0.isLetter || $0.isNumber || $0 == "?" } == "?"
    }

    private static func opensLikeQuestion(_ text: String) -> Bool {
        let words = QuestionShape.words(of: text).drop(while: connectives.contains)
        guard let first = words.first, let second = words.dropFirst().first, words.count <= longestWithoutMark else {
            return false
        }
        return interrogatives.contains(first) && afterInterrogative.contains(second)
            || auxiliaries.contains(first) && subjects.contains(second)
    }

    private static let connectives: Set = ["and", "or", "but", "so", "also", "ok", "hi", "hey"]
    private static let interrogatives: Set = ["how", "what", "why", "which", "where", "when", "who"]
    private static let afterInterrogative: Set = [
        "do", "does", "did", "is", "are", "was", "can", "could", "should", "to", "often", "many", "much", "long",
        "about",
    ]
    private static let auxiliaries: Set = [
        "is", "are", "does", "do", "did", "can", "could", "should", "has", "have", "will",
    ]
    private static let subjects: Set = [
        "i", "we", "you", "they", "he", "she", "it", "there", "this", "that", "these", "those", "anybody", "anyone",
        "somebody", "someone", "everybody", "everyone", "the", "a", "an", "any", "your", "our", "my",
    ]
}
