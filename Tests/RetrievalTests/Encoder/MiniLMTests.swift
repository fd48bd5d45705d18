import Foundation
import Retrieval
import Testing

/// Against an independent implementation: see script/make-encoder-fixture.py.
struct MiniLMTests {
    private struct Reference: Decodable {
        let text: String
        let tokens: [Int32]
        let vector: Data

        /// float16, 384 numbers.
        var numbers: [Float] {
            vector.withUnsafeBytes { bytes in
                (0..<bytes.count / 2).map {
                    Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
                }
            }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        .dropFirst()
    private static let folder = ProcessInfo.processInfo.environment["LABSYNC_MODEL_DIR"] ?? "\(root)/model"

    private static func references() throws -> [Reference] {
        let file = try String(contentsOfFile: "\(root)/fixtures/encoder/reference.jsonl", encoding: .utf8)
        return try file.split(separator: "\n").map { try JSONDecoder().decode(Reference.self, from: Data($0.utf8)) }
    }

    @Test func `tokens are those of the reference tokenizer`() throws {
        let model = try MiniLM(directory: Self.folder)

        let references = try Self.references()

        #expect(references.count >= 500)
        for reference in references {
            #expect(
                model.tokenizer.tokens(of: reference.text) == reference.tokens,
                "\(reference.text.debugDescription)"
            )
        }
    }

    @Test(arguments: EncoderPrecision.allCases)
    func `vectors point where the reference's do`(_ precision: EncoderPrecision) async throws {
        let model = try MiniLM(directory: Self.folder, precision: precision)
        let references = try Self.references()

        let vectors = try await model.embed(references.map(\.text))

        for (vector, reference) in zip(vectors, references) {
            let cosine = zip(vector, reference.numbers).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            #expect(cosine >= 0.9999, "\(reference.text.debugDescription): \(cosine)")
        }
    }

    @Test func `a text has the same vector alone and in company`() async throws {
        let model = try MiniLM(directory: Self.folder)
        let texts = ["short", "a somewhat longer text about buffers", "🧪", ""]

        let together = try await model.embed(texts)

        for (text, expected) in zip(texts, together) {
            let alone = try await model.embed([text])[0]
            #expect(zip(alone, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func `a missing model is named and the remedy given`() {
        let error = #expect(throws: ModelError.self) { try MiniLM(directory: "/nowhere") }

        #expect(error?.description.contains("/nowhere/vocab.txt") == true)
        #expect(error?.description.contains("script/setup") == true)
    }

    @Test func `a model that is cut short is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: "\(Self.folder)/vocab.txt", toPath: "\(folder)/vocab.txt")
        let whole = try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(Self.folder)/model.safetensors"))
        try #require(try whole.read(upToCount: 1 << 20)).write(to: URL(fileURLWithPath: "\(folder)/model.safetensors"))

        #expect(throws: ModelError.self) { try MiniLM(directory: folder) }
    }
}
