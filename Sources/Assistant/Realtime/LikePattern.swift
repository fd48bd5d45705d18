/// SQL's `like`: `%` is any text, `_` any character, a backslash takes the next one as it is.
enum LikePattern {
    /// Without backtracking beyond the last `%`, so that it takes at most the product of both lengths.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.unicodeScalars), pieces(pattern))
        var (at, next) = (0, 0)
        var retry: (at: Int, next: Int)?
        while at < text.count {
            if next < pattern.count, pattern[next] == .any {
                next += 1
                retry = (at, next)
            } else if next < pattern.count, pattern[next] == .one || pattern[next] == .scalar(text[at]) {
                at += 1
                next += 1
            } else if let last = retry {
                at = last.at + 1
                next = last.next
                retry = (at, next)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == .any }
    }

    private enum Piece: Equatable {
        case any, one
        case scalar(Unicode.Scalar)
    }

    private static func pieces(_ pattern: String) -> [Piece] {
        var pieces: [Piece] = []
        var isEscaped = false
        for scalar in pattern.unicodeScalars {
            switch scalar {
            case _ where isEscaped:
                pieces.append(.scalar(scalar))
                isEscaped = false
            case "\\": isEscaped = true
            case "%": pieces.append(.any)
            case "_": pieces.append(.one)
            default: pieces.append(.scalar(scalar))
            }
        }
        return pieces
    }
}
