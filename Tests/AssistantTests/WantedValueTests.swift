import Assistant
import Retrieval
import Testing

struct WantedValueTests {
    private func tells(_ text: String, _ question: String, people: Set<String> = []) -> Bool {
        WantedValue(question: question).mayBeTold(by: text, asked: Wording(question)) { people.contains($0) }
    }

    @Test func `a passage about the thing that does not name what is wanted tells nothing`() {
        let question = "Which journal did we submit the NBR1 manuscript to?"
        #expect(!tells("NBR1 manuscript is submitted. Go home early today.", question))
        #expect(
            !tells(
                "general\nNext group meeting: Callum shows the knock-in, then we plan revisions for the NBR1 manuscript.\n"
                    + "slides will be ready",
                question,
                people: ["Callum"]
            )
        )
        #expect(tells("We sent it to Nature Cell Biology.", question))
        #expect(tells("The journal answers within six weeks.", question))
    }

    @Test func `how many wants a number`() {
        #expect(!tells("Many applications came in.", "How many applications came in?"))
        #expect(tells("Four came in.", "How many applications came in?"))
        #expect(tells("64 came in", "And how many came in?"))
    }

    @Test(arguments: [
        "Why does relion 4 no longer work?", "What did Emma measure?", "EMD-51877", "What is the problem?",
    ])
    func `other questions want anything`(question: String) {
        #expect(WantedValue(question: question) == .anything)
    }
}
