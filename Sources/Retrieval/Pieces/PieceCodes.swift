/// The signs of a text's piece vectors: 48 bytes a piece at 384 dimensions, and as good as the vectors for matching
/// them with a question's (docs/PERFORMANCE.md).
public struct PieceCodes: Sendable, Equatable {
    /// [pieces, dimension / 64]; a set bit stands for a number above 0.
    public let words: [UInt64]

    /// None.
    public init() {
        words = []
    }

    /// - Parameter pieces: [pieces, dimension].
    public init(_ pieces: [Float], dimension: Int) {
        guard dimension.isMultiple(of: 64) else {
            words = []
            return
        }
        words = stride(from: 0, to: pieces.count, by: 64).map { start in
            var word: UInt64 = 0
            for bit in 0..<64 where pieces[start + bit] > 0 { word |= 1 << UInt64(bit) }
            return word
        }
    }

    /// As they are stored: little endian.
    public init(bytes: [UInt8]) {
        words = bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
    }

    public var bytes: [UInt8] {
        words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    public var isEmpty: Bool { words.isEmpty }
}
