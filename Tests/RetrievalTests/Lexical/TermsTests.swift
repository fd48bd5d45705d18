import Retrieval
import Testing

struct TermsTests {
    @Test(arguments: [
        ("caresses", "caress"), ("ponies", "poni"), ("running", "run"), ("relational", "relat"),
        ("hopefulness", "hope"), ("generalizations", "general"), ("oscillators", "oscil"), ("sky", "sky"),
        ("happy", "happi"), ("agreed", "agre"), ("conflated", "conflat"),
    ])
    func `words are stemmed as Porter's second stemmer does`(word: String, stem: String) {
        #expect(EnglishStemmer.stem(word) == stem)
    }

    @Test func `identifiers keep their whole form`() {
        let terms = Terms.terms(of: "Order ab-56416 for EMD-51877, please")

        #expect(terms.contains("emd-51877"))
        #expect(terms.contains("ab-56416"))
    }

    @Test func `what a question shares with a text counts by rarity`() {
        let question = Wording("When is the confocal serviced?")
        let rarity = ["confoc": 3.0, "servic": 1.0]

        #expect(question.share(in: Wording("The confocal is booked"), rarity: rarity) == 0.75)
        #expect(question.share(in: Wording("Nothing of the kind"), rarity: rarity) == 0)
    }
}
