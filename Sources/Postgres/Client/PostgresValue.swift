public import Domain
public import Foundation

/// A value that can be bound to a parameter, in PostgreSQL's text format.
public protocol PostgresEncodable: Sendable {
    var postgresText: String { get }
}

/// A value that can be read from a column, from PostgreSQL's text format.
public protocol PostgresDecodable: Sendable {
    /// Nil when `text` is not such a value.
    init?(postgresText text: String)
}

public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension LosslessStringConvertible where Self: Sendable {
    public var postgresText: String { description }
    public init?(postgresText text: String) { self.init(text) }
}

extension Int: PostgresCodable {}
extension Int16: PostgresCodable {}
extension Int32: PostgresCodable {}
extension Int64: PostgresCodable {}
extension Double: PostgresCodable {}
extension Float: PostgresCodable {}

extension String: PostgresCodable {
    public var postgresText: String { self }
    public init(postgresText text: String) { self = text }
}

extension Bool: PostgresCodable {
    public var postgresText: String { self ? "t" : "f" }
    public init?(postgresText text: String) { self = text == "t" }
}

extension UUID: PostgresCodable {
    public var postgresText: String { lowercaseText }
    public init?(postgresText text: String) { self.init(text: text) }
}

extension Identifier: PostgresCodable {
    public var postgresText: String { description }
    public init?(postgresText text: String) { self.init(text) }
}

extension Date: PostgresCodable {
    /// Microseconds, as `timestamptz` has them.
    public var postgresText: String {
        let microseconds = Int((timeIntervalSince1970 * 1e6).rounded())
        let seconds = Int((Double(microseconds) / 1e6).rounded(.down))
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let date = CivilDate(days: days)
        let time = seconds - days * 86_400
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(padded(time / 3600, 2)):"
            + "\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2)).\(padded(microseconds - seconds * 1_000_000, 6))Z"
    }

    /// `2026-01-31 14:05:00.123456+00`: connections are set to UTC and ISO.
    public init?(postgresText text: String) {
        let digits = Array(text.utf8)
        guard digits.count >= 22 else { return nil }
        func number(_ range: Range<Int>) -> Int {
            range.reduce(0) { $0 * 10 + Int(digits[$1]) - 48 }
        }
        var microseconds = 0
        var scale = 100_000
        if digits[19] == UInt8(ascii: ".") {
            for digit in digits[20...].prefix(while: { (48...57).contains($0) }) {
                microseconds += (Int(digit) - 48) * scale
                scale /= 10
            }
        }
        guard text.hasSuffix("+00") else { return nil }
        let days = CivilDate.days(year: number(0..<4), month: number(5..<7), day: number(8..<10))
        let seconds = days * 86_400 + number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        self.init(timeIntervalSince1970: Double(seconds) + Double(microseconds) / 1e6)
    }
}

extension [UInt8] {
    fileprivate static let hexDigits = Array("0123456789abcdef".utf8)
}

/// Arrays of bytes are `bytea`; arrays of anything else are SQL arrays.
extension Array: PostgresEncodable where Element: PostgresEncodable {
    public var postgresText: String {
        // The type is compared first: any empty array could be cast.
        if Element.self == UInt8.self, let bytes = self as? [UInt8] { return bytes.hexadecimal }
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for element in self {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in element.postgresText.utf8 {
                if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension UInt8: PostgresEncodable {}

extension [UInt8] {
    fileprivate var hexadecimal: String {
        String(unsafeUninitializedCapacity: 2 + 2 * count) { buffer in
            buffer[0] = UInt8(ascii: "\\")
            buffer[1] = UInt8(ascii: "x")
            for (index, byte) in enumerated() {
                buffer[2 + 2 * index] = Self.hexDigits[Int(byte >> 4)]
                buffer[3 + 2 * index] = Self.hexDigits[Int(byte & 15)]
            }
            return 2 + 2 * count
        }
    }
}

extension Data: PostgresEncodable {
    public var postgresText: String { Array<UInt8>(self).hexadecimal }
}

extension UInt8: PostgresDecodable {
    public init?(postgresText text: String) { self.init(text) }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    public init?(postgresText text: String) {
        if Element.self == UInt8.self {
            guard let bytes = [UInt8](hexadecimal: text) as? [Element] else { return nil }
            self = bytes
            return
        }
        guard let items = PostgresArray.items(text) else { return nil }
        var elements: [Element] = []
        for item in items {
            guard let element = Element(postgresText: item) else { return nil }
            elements.append(element)
        }
        self = elements
    }
}

extension [UInt8] {
    /// `\x` and two digits a byte.
    fileprivate init?(hexadecimal text: String) {
        var text = text
        let bytes: [UInt8]? = text.withUTF8 { digits in
            guard digits.count >= 2, digits.count.isMultiple(of: 2), digits[0] == UInt8(ascii: "\\") else { return nil }
            return [UInt8](unsafeUninitializedCapacity: digits.count / 2 - 1) { buffer, count in
                count = digits.count / 2 - 1
                for index in 0..<count {
                    buffer[index] = Self.nibble(digits[2 + 2 * index]) << 4 | Self.nibble(digits[3 + 2 * index])
                }
            }
        }
        guard let bytes else { return nil }
        self = bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8 {
        digit <= UInt8(ascii: "9") ? digit &- UInt8(ascii: "0") : digit &- UInt8(ascii: "a") &+ 10
    }
}

/// One-dimensional arrays in text form: `{1,2}`, `{"a \"b\"",c}`.
private enum PostgresArray {
    static func items(_ text: String) -> [String]? {
        var text = text
        return text.withUTF8(items)
    }

    /// What separates and escapes is ASCII, which is never a part of another character in UTF-8.
    private static func items(_ text: UnsafeBufferPointer<UInt8>) -> [String]? {
        guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else { return nil }
        var items: [String] = []
        var item: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        var isEscaped = false
        for byte in text.dropFirst().dropLast() {
            if isEscaped {
                item.append(byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
                wasQuoted = true
            } else if byte == UInt8(ascii: ","), !isQuoted {
                items.append(String(decoding: item, as: UTF8.self))
                item.removeAll(keepingCapacity: true)
                wasQuoted = false
            } else {
                item.append(byte)
            }
        }
        if !item.isEmpty || wasQuoted || !items.isEmpty { items.append(String(decoding: item, as: UTF8.self)) }
        return items
    }
}
