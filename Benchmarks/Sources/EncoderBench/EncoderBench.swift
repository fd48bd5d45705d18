import Foundation
import Retrieval

/// How fast the encoder is by itself: EncoderBench MODEL-FOLDER < texts, a JSON string a line, in the order and in the
/// portions that the pipeline hands them over.
@main
struct EncoderBench {
    private static let portion = 64

    static func main() async throws {
        let width = max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
        let model = try MiniLM(directory: CommandLine.arguments[1], width: width)
        let texts = try FileHandle.standardInput.readDataToEndOfFile().split(separator: UInt8(ascii: "\n"))
            .map { try JSONDecoder().decode(String.self, from: $0) }
        _ = try await model.encode(["warm", "up"])
        let start = ContinuousClock.now
        // Two at a time, as the worker's hands are.
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = texts[...]
            func startNext() {
                let part = Array(rest.prefix(portion))
                rest = rest.dropFirst(portion)
                if !part.isEmpty { group.addTask { _ = try await model.encode(part) } }
            }
            startNext()
            startNext()
            while try await group.next() != nil { startNext() }
        }
        print((ContinuousClock.now - start) / .seconds(1))
    }
}
