/// The punctuation of filters: commas outside parentheses and quotes part conditions, backslashes escape within quotes.
enum FilterText {
    static func split(_ text: String) -> [String] {
        var parts = [""]
        var (depth, isQuoted, isEscaped) = (0, false, false)
        for character in text {
            if !isQuoted && depth == 0 && character == "," {
                parts.append("")
                continue
            }
            parts[parts.count - 1].append(character)
            if isEscaped {
                isEscaped = false
            } else if isQuoted {
                isEscaped = character == "\\"
                if character == "\"" { isQuoted = false }
            } else {
                if character == "\"" { isQuoted = true }
                if character == "(" { depth += 1 }
                if character == ")" { depth = max(0, depth - 1) }
            }
        }
        return parts
    }

    /// The items of `(a,"b,c")`; nil when it is no list.
    static func list(_ text: String) -> [String]? {
        let text = text.trimmingSpaces
        guard text.first == "(", text.last == ")", text.count >= 2 else { return nil }
        return split(String(text.dropFirst().dropLast())).map { unquoted($0.trimmingSpaces) }
    }

    static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var plain = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if !isEscaped && character == "\\" {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }
}
