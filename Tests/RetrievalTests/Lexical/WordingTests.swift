import Retrieval
import Testing

struct WordingTests {
    @Test(arguments: [
        ("Where are the beads for the point spread function?", "Beads for the PSF: top shelf"),
        ("How do I shut down the microscope?", "microscope shutdown"),
    ])
    func `a question's words are found in the short`(question: String, text: String) {
        let rarity = ["point": 5.0, "spread": 5, "function": 5, "shut": 5]
        #expect(Wording(question: question).share(in: Wording(text), rarity: rarity) == 1)
        #expect(Wording(question).share(in: Wording(text), rarity: rarity) < 0.6)
    }

    @Test func `other initials stand for nothing`() {
        let question = Wording(question: "Where is the point spread function?")
        #expect(!question.covers("function", in: Wording("PSD and PF and NSF")))
        #expect(question.covers("function", in: Wording("the psf")))
    }
}
