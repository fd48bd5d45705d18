/// A media type without its parameters, in lower case: `text/plain` for `Text/Plain;charset=UTF-8`.
public struct MediaType: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) {
        description = (text.split(separator: ";").first ?? "").trimming(" ").lowercased()
    }

    /// - Parameter patterns: such as `image/png`, `image/*`, `application/vnd.ms-*`, `application/*+json` and `*/*`.
    public func matches(anyOf patterns: [String]) -> Bool {
        patterns.contains { pattern in
            let pattern = MediaType(pattern).description
            guard pattern != "*/*", let star = pattern.firstIndex(of: "*") else {
                return pattern == "*/*" || pattern == description
            }
            let (start, end) = (pattern[..<star], pattern[pattern.index(after: star)...])
            return description.count >= pattern.count - 1 && description.hasPrefix(start)
                && description.hasSuffix(end)
        }
    }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var rest = drop { $0 == character }
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
