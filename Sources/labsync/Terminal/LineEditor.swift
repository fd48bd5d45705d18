import CEdit
import Foundation

/// Reads lines: with editing, history and completion on a terminal (libedit), plainly elsewhere.
struct LineEditor {
    static let isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1

    private let historyFile: String

    /// - Parameter completions: words that Tab completes.
    init(historyFile: String, completions: [String]) {
        self.historyFile = historyFile
        guard Self.isInteractive else { return }
        using_history()
        read_history(historyFile)
        let words = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: completions.count + 1)
        for (index, word) in completions.enumerated() { words[index] = strdup(word).map { UnsafePointer($0) } }
        words[completions.count] = nil
        labsync_complete_with(words)
    }

    /// Nil at the end of input.
    func line(prompt: String) -> String? {
        guard Self.isInteractive else { return readLine() }
        guard let text = readline(prompt) else {
            print()
            return nil
        }
        defer { free(text) }
        let line = String(cString: text)
        if !line.allSatisfy(\.isWhitespace) {
            add_history(text)
            write_history(historyFile)
        }
        return line
    }
}
