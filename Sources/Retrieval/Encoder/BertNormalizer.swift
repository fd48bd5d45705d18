import Foundation

/// Text to words as the uncased BERT vocabulary expects them: the rules of Hugging Face's BertNormalizer and
/// BertPreTokenizer (clean, space out CJK, strip accents, lower-case; split at spaces, single out punctuation).
enum BertNormalizer {
    static func words(of text: String) -> [String] {
        let isASCII = text.utf8.allSatisfy { $0 < 0x80 }
        let normalised = isASCII ? text : decomposed(spaced(text))
        var words: [String] = []
        var word = String.UnicodeScalarView()
        func close() {
            if !word.isEmpty { words.append(String(word)) }
            word = String.UnicodeScalarView()
        }
        for scalar in normalised.unicodeScalars {
            if isSpace(scalar) {
                close()
            } else if isDropped(scalar) {
                continue
            } else if isPunctuation(scalar) {
                close()
                words.append(String(scalar))
            } else if scalar.isASCII {
                word.append(scalar.lowerASCII)
            } else {
                word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        close()
        return words
    }

    /// Drops controls first, as they would otherwise be decomposed with their neighbours, and spaces out ideographs.
    private static func spaced(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isDropped(scalar) {
            if isSpace(scalar) {
                result.append(" ")
            } else if isIdeograph(scalar) {
                result.append(contentsOf: [" ", scalar, " "])
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static func decomposed(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars
        where scalar.properties.generalCategory != .nonspacingMark {
            result.append(scalar)
        }
        return String(result)
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? scalar == " " || (9...13).contains(scalar.value) && scalar.value != 11 && scalar.value != 12
            : scalar.properties.isWhitespace
    }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 32 && !isSpace(scalar) || scalar.value == 127 }
        if scalar.value == 0xFFFD { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .unassigned, .privateUse, .surrogate: return true
        default: return false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return switch scalar.value {
            case 33...47, 58...64, 91...96, 123...126: true
            default: false
            }
        }
        return switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B820...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    fileprivate var lowerASCII: Unicode.Scalar {
        (65...90).contains(value) ? Unicode.Scalar(UInt8(value + 32)) : self
    }
}
