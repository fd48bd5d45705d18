import Assistant
import Testing

struct CitationCheckTests {
    private let check = CitationCheck([
        "Jonas Weber: Full-length NBR1 is stable with 50 mM arginine in 150 mM NaCl.",
        "Henrik Lindqvist: Dry ice comes on Wednesday and Friday before ten.",
    ])

    @Test func `a supported statement is kept with its citation`() {
        let checked = check.checked("NBR1 is stable with 50 mM arginine [1].")

        #expect(checked?.text == "NBR1 is stable with 50 mM arginine [1].")
        #expect(checked?.cited == [1])
    }

    @Test func `a statement without a citation is dropped`() {
        let checked = check.checked("Dry ice comes on Wednesday and Friday [2]. The moon is made of cheese.")

        #expect(checked?.text == "Dry ice comes on Wednesday and Friday [2].")
    }

    @Test func `a number that the passage does not have is not believed`() {
        #expect(check.checked("NBR1 is stable with 75 mM arginine [1].") == nil)
    }

    @Test func `a citation of nothing is no citation`() {
        #expect(check.checked("Dry ice comes on Wednesday [7].") == nil)
        #expect(check.checked("") == nil)
    }

    @Test(arguments: [
        "Dry ice comes on Wednesday, see https://evil.example/?q=secret [2].",
        "Dry ice comes on Wednesday ![x](https://evil.example/secret.png) [2].",
        "Dry ice comes on Wednesday <img src=//evil.example/x> [2].",
        "Dry ice comes on Wednesday [here](javascript:alert(1)) [2].",
        "Dry ice comes on Wednesday www.evil.example/secret [2].",
    ])
    func `no address leaves in an answer`(answer: String) {
        let text = check.checked(answer)?.text ?? ""

        #expect(!text.contains("evil.example"))
        #expect(!text.contains("javascript:"))
        #expect(!text.contains("<img"))
    }
}
