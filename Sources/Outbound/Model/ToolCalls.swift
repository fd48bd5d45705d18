import Assistant
import Foundation

/// Puts tool calls together from their pieces.
struct ToolCalls {
    /// Calls in one reply, and bytes of one call's arguments; a model that asks for more is not followed.
    private static let most = 16
    private static let longest = 64 * 1024

    private var calls: [Int: (name: String, arguments: String)] = [:]

    mutating func take(_ pieces: [ChatReply.ToolCall]) throws {
        for (place, piece) in pieces.enumerated() {
            let index = piece.index ?? place
            guard (0..<Self.most).contains(index) else { throw OutboundError.malformed("Too many tool calls.") }
            var call = calls[index] ?? ("", "")
            call.name += piece.function?.name ?? ""
            call.arguments += piece.function?.arguments ?? ""
            guard call.name.utf8.count + call.arguments.utf8.count <= Self.longest else {
                throw OutboundError.tooLarge(limit: Self.longest)
            }
            calls[index] = call
        }
    }

    /// The whole calls, in order, once; those whose arguments are no JSON object are left out.
    mutating func finished() -> [ModelPiece] {
        defer { calls = [:] }
        return calls.sorted { $0.key < $1.key }.compactMap { _, call in
            guard let object = try? JSONSerialization.jsonObject(with: Data(call.arguments.utf8)) as? [String: Any]
            else { return nil }
            return .toolCall(name: call.name, arguments: object.compactMapValues { $0 as? String })
        }
    }
}
