import Assistant
import Testing

struct QuestionShapeTests {
    @Test(arguments: [
        ("How much does a zorbin column cost?", WantedValue.price),
        ("How much serum is left?", .quantity),
        ("What band size does the knock-in give?", .measure("size")),
        ("Which dates are the interviews on?", .time),
        ("When are the interviews?", .time),
        ("What happened to the freezer?", .anything),
        ("What are the steps to shut down the microscope?", .anything),
    ])
    func `the opening tells what is wanted`(question: String, wanted: WantedValue) {
        #expect(QuestionShape(question).wanted == wanted)
    }

    @Test(arguments: [
        ("Where is the defibrillator of the Brandt lab?", "defibrillator"),
        ("Where are the fluorescent beads for the microscope?", "beads"),
        ("Where is SUMO protease batch 8 stored?", "batch"),
        ("How do I order primers?", "order"),
    ])
    func `whoever tells where or how speaks of it`(question: String, focus: String) {
        #expect(QuestionShape(question).focus == focus)
    }

    @Test(arguments: [
        "Who repairs the shaker?", "Which kinase phosphorylates T269?", "Where did Callum put it?", "EMD-51877",
    ])
    func `other questions have no such word`(question: String) {
        #expect(QuestionShape(question).focus == nil)
    }

    @Test(arguments: [
        "Does anybody have one to lend? ours arrived cracked", "and how often do I split", "is there wifi there",
        "How do I thaw a vial? I'm afraid to kill it 😅",
    ])
    func `people ask with and without a question mark`(text: String) {
        #expect(Asking.occurs(in: text))
    }

    @Test(arguments: ["Did you wash it out? Three times, warm. Then it works.", "do three", "How it went: badly."])
    func `telling is no asking`(text: String) {
        #expect(!Asking.occurs(in: text))
    }
}
