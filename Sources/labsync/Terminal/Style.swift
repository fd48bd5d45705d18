import Foundation

/// Colours, on a terminal only.
enum Style {
    private static let isColoured = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil

    static func faint(_ text: String) -> String { wrapped(text, "2") }
    static func bold(_ text: String) -> String { wrapped(text, "1") }
    static func warning(_ text: String) -> String { wrapped(text, "33") }

    private static func wrapped(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
