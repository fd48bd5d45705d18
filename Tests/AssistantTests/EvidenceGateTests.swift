import Assistant
import Retrieval
import Testing

struct EvidenceGateTests {
    private let gate = EvidenceGate(
        question: Wording("When does the zebrafish facility open?"),
        rarity: ["zebrafish": 7, "facil": 5, "open": 3]
    )

    @Test func `a passage that shares only common words is no evidence`() {
        #expect(!gate.admits(similarity: 0.4, surroundings: "The building is open again."))
    }

    @Test func `rare words and meaning together are evidence`() {
        #expect(gate.admits(similarity: 0.4, surroundings: "The zebrafish room opens at eight."))
        #expect(gate.admits(similarity: 0.85, surroundings: "Fish tanks can be visited from eight."))
    }

    @Test func `without an embedder words decide alone`() {
        #expect(gate.admits(similarity: nil, surroundings: "zebrafish facility"))
        #expect(!gate.admits(similarity: nil, surroundings: "open day"))
    }
}
