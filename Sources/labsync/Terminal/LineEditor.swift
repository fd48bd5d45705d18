import CEdit
import Foundation

/// Reads lines: with editing and history on a terminal (libedit), plainly elsewhere.
struct LineEditor {
    private let isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    private let historyFile: String

    init(historyFile: String) {
        self.historyFile = historyFile
        guard isInteractive else { return }
        using_history()
        read_history(historyFile)
    }

    /// Nil at the end of input.
    func line(prompt: String) -> String? {
        guard isInteractive else { return readLine() }
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
