/// JSON in the bytes it came in: checked as a whole, read piece by piece, and passed on without being written anew, so
/// that numbers and order stay what they were.
struct RawJSON: Sendable {
    /// Levels of lists and objects within each other.
    static let deepest = 64

    let bytes: ArraySlice<UInt8>

    /// - Parameter bytes: UTF-8, which is not checked again. Nil when they are not JSON.
    init?(_ bytes: [UInt8]) {
        var scanner = JSONScanner(bytes[...])
        scanner.skipSpace()
        let start = scanner.position
        guard scanner.skipValue() else { return nil }
        let end = scanner.position
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
        self.bytes = bytes[start..<end]
    }

    private init(checked bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    var isNull: Bool { bytes.first == UInt8(ascii: "n") }
    var isObject: Bool { bytes.first == UInt8(ascii: "{") }

    var text: String? {
        guard bytes.first == UInt8(ascii: "\"") else { return nil }
        return JSONString.unquoted(bytes)
    }

    var integer: Int? { Int(String(decoding: bytes, as: UTF8.self)) }

    /// Clients send `"true"` too.
    var flag: Bool? {
        switch text ?? String(decoding: bytes.prefix(6), as: UTF8.self) {
        case "true": true
        case "false": false
        default: nil
        }
    }

    var elements: [RawJSON]? {
        guard bytes.first == UInt8(ascii: "[") else { return nil }
        var elements: [RawJSON] = []
        var scanner = JSONScanner(bytes.dropFirst())
        while scanner.skipToItem() {
            let start = scanner.position
            guard scanner.skipValue() else { return nil }
            elements.append(RawJSON(checked: bytes[start..<scanner.position]))
        }
        return elements
    }

    var members: [(name: String, value: RawJSON)]? {
        guard isObject else { return nil }
        var members: [(name: String, value: RawJSON)] = []
        var scanner = JSONScanner(bytes.dropFirst())
        while scanner.skipToItem() {
            let start = scanner.position
            guard scanner.skipString() else { return nil }
            let name = JSONString.unquoted(bytes[start..<scanner.position])
            guard scanner.skipColon() else { return nil }
            let begin = scanner.position
            guard scanner.skipValue() else { return nil }
            members.append((name, RawJSON(checked: bytes[begin..<scanner.position])))
        }
        return members
    }

    /// The member of an object; nil for null.
    subscript(_ name: String) -> RawJSON? {
        guard let value = members?.last(where: { $0.name == name })?.value, !value.isNull else { return nil }
        return value
    }
}

/// Finds where JSON values end (RFC 8259).
struct JSONScanner {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }
    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    mutating func skipValue(depth: Int = 0) -> Bool {
        guard depth < RawJSON.deepest else { return false }
        switch current {
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "{"): return skipItems(until: UInt8(ascii: "}"), depth)
        case UInt8(ascii: "["): return skipItems(until: UInt8(ascii: "]"), depth)
        case UInt8(ascii: "t"): return skipWord("true")
        case UInt8(ascii: "f"): return skipWord("false")
        case UInt8(ascii: "n"): return skipWord("null")
        default: return skipNumber()
        }
    }

    /// Within a list or object whose syntax is known to be right: to the next item, or false at the end.
    mutating func skipToItem() -> Bool {
        skipSpace()
        if current == UInt8(ascii: ",") { position += 1 }
        skipSpace()
        return current != UInt8(ascii: "]") && current != UInt8(ascii: "}") && !isAtEnd
    }

    mutating func skipColon() -> Bool {
        skipSpace()
        guard take(UInt8(ascii: ":")) else { return false }
        skipSpace()
        return true
    }

    mutating func skipString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): guard skipEscape() else { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func skipEscape() -> Bool {
        guard let byte = current else { return false }
        position += 1
        switch byte {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = current, JSONString.hexadecimal(digit) != nil else { return false }
                position += 1
            }
            return true
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        default: return false
        }
    }

    private mutating func skipItems(until end: UInt8, _ depth: Int) -> Bool {
        position += 1
        skipSpace()
        if take(end) { return true }
        while true {
            if end == UInt8(ascii: "}") { guard skipString(), skipColon() else { return false } }
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            skipSpace()
        }
    }

    private mutating func skipNumber() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard skipDigits() else { return false } }
        if take(UInt8(ascii: ".")) { guard skipDigits() else { return false } }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            return skipDigits()
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func skipWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        let isThere = word.withUTF8Buffer { bytes[position...].prefix(length).elementsEqual($0) }
        if isThere { position += length }
        return isThere
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }
}
