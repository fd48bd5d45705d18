public import Foundation

/// Foundation goes through `printf` for this, and ids are read and written several times a request.
extension UUID {
    /// As it is written wherever it leaves the process.
    public var lowercaseText: String {
        withUnsafeBytes(of: uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var place = 0
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    text[place] = Self.digit(byte >> 4)
                    text[place + 1] = Self.digit(byte & 15)
                    place += 2
                }
                return place
            }
        }
    }

    /// Nil when `text` is not 32 hexadecimal digits of either case with four dashes between them.
    public init?(text: some StringProtocol) {
        var bytes: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var place = 0
        for character in text.utf8 {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard digits < 32, let value = Self.value(character) else { return nil }
                if digits < 16 { bytes.0 = bytes.0 << 4 | value } else { bytes.1 = bytes.1 << 4 | value }
                digits += 1
            }
            place += 1
        }
        guard place == 36 else { return nil }
        let bigEndian = (bytes.0.bigEndian, bytes.1.bigEndian)
        self.init(uuid: withUnsafeBytes(of: bigEndian) { $0.loadUnaligned(as: uuid_t.self) })
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(_ character: UInt8) -> UInt64? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(character - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(character - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(character - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
