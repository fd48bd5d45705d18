public import Domain

/// What is shown to the embedder for each kind of source. A change of wording here is a new recipe: rename it.
public enum Recipe {
    /// Stored with every index generation.
    public static let name = "pieces-1-words-150"

    /// Short texts mean little alone, but what surrounds them is matched when a question comes, not embedded with them:
    /// so an edited or deleted neighbour leaves nothing behind.
    public static func turn(_ text: String) -> [Facet: String] {
        [.passage: text]
    }

    /// A comment before what it is about: the embedder reads the beginning.
    public static func comment(_ text: String, onStatus status: String) -> [Facet: String] {
        [.passage: "\(text)\n\(status)"]
    }

    /// - Parameter beginning: the file's first words; given with its first passage only.
    public static func passage(ofFile text: String, beginning: String?) -> [Facet: String] {
        var embedded: [Facet: String] = [.passage: text]
        if let beginning { embedded[.beginning] = beginning }
        return embedded
    }

    /// Whether piece codes are kept of a kind of source: they are as large as four vectors of a file's long passages,
    /// and there gain nothing (docs/PERFORMANCE.md).
    public static func keepsPieces(of kind: SourceKind) -> Bool { kind != .file }
}
