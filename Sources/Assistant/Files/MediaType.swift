/// A media type without its parameters, in lower case: `text/plain` for `Text/Plain;charset=UTF-8`.
public struct MediaType: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ text: String) {
        description = (text.split(separator: ";").first ?? "").trimming(" ").lowercased()
    }

    /// - Parameter patterns: such as `image/png`, `image/*` and `*/*`.
    public func matches(anyOf patterns: [String]) -> Bool {
        patterns.contains { pattern in
            let pattern = MediaType(pattern).description
            return pattern == "*/*" || pattern == "*" || pattern == description
                || pattern.hasSuffix("/*") && description.hasPrefix(pattern.dropLast())
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
