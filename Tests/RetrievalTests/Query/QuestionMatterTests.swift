import Retrieval
import Testing

struct QuestionMatterTests {
    @Test(arguments: [
        ("what did the team decide on the budget?", "budget?"),
        ("Summarize the discussion about echo cancellation in rooms", "echo cancellation in rooms"),
        ("what was said on MSG?", "MSG?"),
    ])
    func `a question after what was said is about what comes after that`(question: String, matter: String) {
        #expect(QuestionMatter.of(question) == matter)
    }

    @Test(arguments: ["where is the budget discussed?", "echo cancellation", "what did you all think?", ""])
    func `other questions are about all that they say`(question: String) {
        #expect(QuestionMatter.of(question) == nil)
    }
}
