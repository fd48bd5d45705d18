import Domain

/// Which turns reply to which: what was asked tells what a reply is about, however few words it has.
struct Exchange {
    /// A turn that another one replies to, and how far it vouches for the reply, 0 to 1.
    struct Prompt {
        let turn: Int
        let weight: Double
    }

    /// By turn.
    private(set) var prompts: [[Prompt]]
    private let isQuestion: [Bool]

    /// Turns after one that may reply to it.
    private static let reach = 3
    /// Replies of who answers first that count in full.
    private static let fullReplies = 2
    private static let ofStatement = 0.4
    /// Who seeks advice is helped by what was replied to somebody who had the same trouble.
    private static let ofTrouble = 0.9
    private static let later = 0.7
    /// A question in reply asks for what is missing; what it supposes may answer all the same.
    private static let askingBack = 0.8

    /// - Parameter turns: in time order; none for what is no talk.
    init(_ turns: [Evidence], seeksAdvice: Bool) {
        prompts = turns.map { _ in [] }
        isQuestion = turns.map { Asking.occurs(in: $0.text) }
        guard turns.count > 1 else { return }
        for (index, turn) in turns.enumerated() {
            let weight = isQuestion[index] ? 1 : seeksAdvice ? Self.ofTrouble : Self.ofStatement
            let replies = turns.indices.dropFirst(index + 1).filter { turns[$0].author != turn.author }
            for (place, reply) in replies.prefix(Self.reach).enumerated() {
                let isFirst = turns[reply].author == turns[replies[0]].author && place < Self.fullReplies
                let share = (isFirst ? 1 : Self.later) * (isQuestion[reply] ? Self.askingBack : 1)
                prompts[reply].append(Prompt(turn: index, weight: weight * share))
            }
        }
    }

    func isAsking(_ turn: Int) -> Bool { isQuestion.indices.contains(turn) && isQuestion[turn] }
}
