/// A term as postings know it: a hash of its letters. Drawn anew in every process, so that nobody can choose words that
/// meet; by chance two of a million terms do so once in 37 million labs.
package struct TermKey: Hashable, Comparable, Sendable {
    package let hash: UInt64

    private static let seed = UInt64.random(in: .min ... .max)

    init(hash: UInt64) {
        self.hash = hash
    }

    package init(_ term: String) {
        var term = term
        self = term.withUTF8(TermKey.init)
    }

    /// Eight bytes at a time, each multiplied in full and folded (Wang Yi's wyhash).
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var hash = Self.seed ^ (UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15)
        var place = 0
        while place + 8 <= raw.count {
            hash = Self.fold(hash ^ raw.loadUnaligned(fromByteOffset: place, as: UInt64.self), 0xa076_1d64_78bd_642f)
            place += 8
        }
        let rest = Self.word(of: UnsafeRawBufferPointer(rebasing: raw[place...]))
        self.hash = Self.fold(hash ^ rest, 0xe703_7ed1_a0b4_28db)
    }

    /// Fewer than eight bytes, in two steps that may overlap; their number is in the hash already.
    private static func word(of bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        if count >= 4 {
            let first = bytes.loadUnaligned(as: UInt32.self)
            let last = bytes.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            return UInt64(first) << 32 | UInt64(last)
        }
        guard count > 0 else { return 0 }
        return UInt64(bytes[0]) << 16 | UInt64(bytes[count / 2]) << 8 | UInt64(bytes[count - 1])
    }

    static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }

    package static func < (left: TermKey, right: TermKey) -> Bool { left.hash < right.hash }
}
