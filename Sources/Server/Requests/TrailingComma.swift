import Foundation

/// Foundation's readers let a comma before a closing bracket pass, which RFC 8259 does not.
enum TrailingComma {
    static func occurs(in data: Data) -> Bool {
        var (isInText, isEscaped, afterComma) = (false, false, false)
        for byte in data {
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): continue
            case UInt8(ascii: "}"), UInt8(ascii: "]"): if afterComma { return true }
            case UInt8(ascii: "\""): isInText = true
            default: break
            }
            afterComma = byte == UInt8(ascii: ",")
        }
        return false
    }
}
