import Domain
import Foundation
import Hummingbird
import Retrieval

/// `POST /v1/embeddings`: of the caller's own texts; stored vectors are never handed out.
extension OpenAIRoutes {
    private static let mostInputs = 2048
    /// Characters of one input; what comes after the model's window is not read by it.
    private static let longestInput = 40_000

    @Sendable
    func embeddings(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        _ = try context.principal()
        let body = try await Self.body(request, context)
        guard let name = body["model"]?.text else { throw Self.wrong("model", "is required") }
        guard name.lowercased() == embedder.name.lowercased() else { throw OpenAIError.unknownModel(name) }
        let inputs = try Self.inputs(body["input"])
        let isBase64 = try Self.isBase64(body["encoding_format"]?.text)
        let length = body["dimensions"]?.integer ?? embedder.dimension
        guard (1...embedder.dimension).contains(length) else {
            throw Self.wrong("dimensions", "must be from 1 to \(embedder.dimension)")
        }
        let vectors = try await embedder.embed(inputs).map { Self.shortened($0, to: length) }
        let tokens = inputs.reduce(0) { $0 + ($1.count + 3) / 4 }
        return try Self.json(
            [
                "object": "list", "model": .text(embedder.name),
                "data": .list(
                    vectors.enumerated().map { index, vector in
                        [
                            "object": "embedding", "index": .integer(index),
                            "embedding": isBase64
                                ? .text(Self.base64(vector)) : .list(vector.map { .number(Double($0)) }),
                        ]
                    }
                ),
                "usage": ["prompt_tokens": .integer(tokens), "total_tokens": .integer(tokens)],
            ],
            context
        )
    }

    private static func inputs(_ value: JSONValue?) throws -> [String] {
        let inputs: [String]
        switch value {
        case .text(let text): inputs = [text]
        case .list(let list):
            let texts = list.compactMap(\.text)
            guard texts.count == list.count else {
                throw wrong("input", "must be text: token numbers of another model mean nothing here")
            }
            inputs = texts
        default: throw wrong("input", "must be a text or a list of texts")
        }
        guard !inputs.isEmpty, !inputs.contains("") else { throw wrong("input", "must not be empty") }
        guard !inputs.contains(where: { $0.utf8.contains(0) }) else {
            throw wrong("input", "must not contain the NUL character")
        }
        guard inputs.count <= mostInputs else { throw wrong("input", "must have at most \(mostInputs) texts") }
        guard inputs.allSatisfy({ $0.utf8.count <= longestInput }) else {
            throw wrong("input", "must have at most \(longestInput) bytes a text")
        }
        return inputs
    }

    private static func isBase64(_ format: String?) throws -> Bool {
        switch format {
        case nil, "float": false
        case "base64": true
        default: throw wrong("encoding_format", "must be float or base64")
        }
    }

    /// The first numbers, scaled back to length 1.
    private static func shortened(_ vector: [Float], to length: Int) -> [Float] {
        guard length < vector.count else { return vector }
        let head = vector.prefix(length)
        let norm = head.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? head.map { $0 / norm } : Array(head)
    }

    /// float32, little endian.
    private static func base64(_ vector: [Float]) -> String {
        let words = vector.map(\.bitPattern.littleEndian)
        return words.withUnsafeBytes { Data($0) }.base64EncodedString()
    }
}
