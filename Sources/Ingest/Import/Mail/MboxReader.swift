import Foundation

/// Reads the messages of an mbox file (RFC 4155) one at a time.
struct MboxReader {
    /// Bytes; a larger message is passed over.
    static let largestMessage = 48 << 20

    private var lines: LineReader
    private var hasBegun = false
    private(set) var skippedForSize = 0
    /// Bytes of the file that were read.
    private(set) var position = 0

    init(path: String) throws {
        lines = try LineReader(path: path)
        guard let first = try lines.next(), Self.isSeparator(first) else {
            throw ImportFailure("\(path) is no mbox file: it does not begin with a line \"From …\".")
        }
        position = first.count + 1
    }

    /// Without the line that parts it from the one before; nil at the end.
    mutating func next() throws -> Data? {
        while true {
            var message = Data()
            var isTooLarge = false
            var wasBlank = false
            var isLast = true
            while let line = try lines.next() {
                position += line.count + 1
                if wasBlank, Self.isSeparator(line) {
                    isLast = false
                    break
                }
                wasBlank = line.isEmpty || line.elementsEqual([0x0D])
                isTooLarge = isTooLarge || message.count + line.count > Self.largestMessage
                if isTooLarge { continue }
                message += Self.unquoted(line)
                message.append(0x0A)
            }
            if isTooLarge {
                skippedForSize += 1
            } else if !message.isEmpty {
                return message
            }
            if isLast { return nil }
        }
    }

    private static func isSeparator(_ line: Data) -> Bool { line.starts(with: Data("From ".utf8)) }

    /// `>From` at the beginning of a line was written in place of `From`.
    private static func unquoted(_ line: Data) -> Data {
        guard line.first == UInt8(ascii: ">") else { return line }
        let rest = line.drop { $0 == UInt8(ascii: ">") }
        return rest.starts(with: Data("From ".utf8)) ? line.dropFirst() : line
    }
}
