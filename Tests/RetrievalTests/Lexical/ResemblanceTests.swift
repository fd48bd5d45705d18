import Retrieval
import Testing

struct ResemblanceTests {
    private let text = "Please label every tube in the minus eighty with your initials and the date of freezing"

    @Test(arguments: [
        "please label every tube in the minus eighty with your initials and the date of freezing!",
        "Reminder: please label every tube in the minus eighty with your initials and the date of freezing",
    ])
    func `nearly the same words say the same`(other: String) {
        #expect(Resemblance(text).isNearlyTheSame(as: Resemblance(other)))
    }

    @Test(arguments: [
        "Please do not label every tube in the minus eighty with your initials and the date of freezing",
        "Please label every tube in the minus 20 with your initials and the date of freezing",
        "Every tube has a label, but nobody wrote a date",
    ])
    func `a number or a negation says something else`(other: String) {
        #expect(!Resemblance(text).isNearlyTheSame(as: Resemblance(other)))
    }

    @Test func `short texts are never taken for each other`() {
        #expect(!Resemblance("yes, see you there").isNearlyTheSame(as: Resemblance("yes, see you there")))
    }
}
