/// What is shown to the embedder for each kind of source. A change of wording here is a new recipe: rename it.
public enum Recipe {
    /// Stored with every index generation.
    public static let name = "turns-2-words-150"

    /// A message is embedded alone and after the turns before it, oldest first: short turns mean little alone.
    public static func message(_ text: String, previous: [String]) -> [Facet: String] {
        [.passage: text, .context: (previous + [text]).joined(separator: "\n")]
    }

    public static func status(_ text: String) -> [Facet: String] {
        [.passage: text, .context: text]
    }

    public static func comment(_ text: String, onStatus status: String) -> [Facet: String] {
        [.passage: text, .context: "\(status)\n\(text)"]
    }

    /// - Parameter beginning: the file's first words; given with its first passage only.
    public static func passage(ofFile text: String, beginning: String?) -> [Facet: String] {
        var embedded: [Facet: String] = [.passage: text]
        if let beginning { embedded[.context] = beginning }
        return embedded
    }
}
