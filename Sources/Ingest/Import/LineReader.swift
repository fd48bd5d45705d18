package import Foundation

/// Reads a file line by line without holding it in memory.
package struct LineReader {
    /// A longer line is refused: it would have to be held whole.
    package static let maximumLineLength = 16 << 20
    private static let blockSize = 1 << 18

    private let handle: FileHandle
    private var buffer = Data()
    private var isAtEnd = false

    package init(path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw ImportFailure("Cannot read \(path).") }
        self.handle = handle
    }

    /// Nil at the end. The line comes without its line feed.
    package mutating func next() throws -> Data? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(buffer[buffer.startIndex..<end])
                buffer = buffer[(end + 1)...]
                return line
            }
            if isAtEnd {
                defer { buffer = Data() }
                return buffer.isEmpty ? nil : buffer
            }
            guard buffer.count <= Self.maximumLineLength else {
                throw ImportFailure("A line is longer than \(Self.maximumLineLength >> 20) MiB.")
            }
            let block = try handle.read(upToCount: Self.blockSize) ?? Data()
            isAtEnd = block.isEmpty
            buffer = Data(buffer) + block
        }
    }
}

/// Why an import stopped, as a sentence for whoever started it.
public struct ImportFailure: Error, CustomStringConvertible, Sendable {
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
