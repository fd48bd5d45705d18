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

    @Test func `a price wants money, not any number`() {
        let question = "How much does a Superose 6 column cost?"
        #expect(!tells("Column inventory: HisTrap 5 ml, three of them.", question))
        #expect(tells("The new one costs 9,700.", question))
        #expect(!tells("Superose 6 costs too much.", question))
    }

    @Test func `days are told by numbers as well as by words`() {
        #expect(tells("Interviews: the 3rd and 4th.", "Which days are the interviews?"))
        #expect(tells("Come on Monday.", "When are the interviews?"))
        #expect(!tells("The interviews went well.", "When are the interviews?"))
    }

    @Test func `a name is told only by what is like what is wanted`() {
        let (question, text) = ("Which camera does the microscope have?", "Dr. Pettersson trains 3 people on it.")
        func tells(_ likeness: Double) -> Bool {
            WantedValue(question: question).mayBeTold(by: text, asked: Wording(question), likeness: likeness)
        }
        #expect(!tells(0.1))
        #expect(tells(0.5))
    }
}
