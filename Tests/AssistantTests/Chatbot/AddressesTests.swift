import Assistant
import Testing

struct AddressesTests {
    @Test(arguments: [
        "see https://evil.example/?q=1 now", "![x](http://evil.example/a.png)", "<https://evil.example>",
        "evil.example/collect?d=1", "www.evil.example", "//evil.example/x", "[a]: //evil.example",
        "ftp://evil.example/x",
        "HTTPS://EVIL.EXAMPLE/x", "collect.evil.zip/path?secret=1", "javascript:fetch(1)", "mailto:a@evil.example",
    ])
    func `an address of anybody is left out`(text: String) {
        let shown = Addresses.removed(from: text).lowercased()

        #expect(!shown.contains("://"))
        #expect(!shown.contains("evil."))
        #expect(!shown.contains("javascript:"))
    }

    @Test(arguments: [
        "Lot 2381 at 0.8 µg, pH 7.4, e.g. in bay 4.", "archive/akta/2024, read only", "10:30, 2.14 and p < 0.05",
        "adaeze.okafor@okafor-lab.example", "Use cellpose_3.sif [1].", "and/or 1/2",
    ])
    func `what is no address stays`(text: String) {
        #expect(Addresses.removed(from: text) == text)
    }
}

struct AssistantMentionTests {
    @Test func `the question is what stands beside the mention`() {
        #expect(AssistantMention.question(in: "@assistant, when is the open day?") == "when is the open day?")
        #expect(AssistantMention.question(in: "Does anybody know? @Assistant who has hood 1") != nil)
    }

    @Test(arguments: ["mail@assistant.example", "our assistant", "@assistants", "@assistant"])
    func `others are not meant`(text: String) {
        #expect(AssistantMention.question(in: text) == nil)
    }
}
