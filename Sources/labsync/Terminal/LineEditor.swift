import CEdit
import Foundation

/// Reads lines: with editing, history and completion on a terminal (libedit), plainly elsewhere.
struct LineEditor {
    static let isInteractive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1

    private let historyFile: String
    private let interrupts: Interrupts?

    /// - Parameters:
    ///   - completions: words that Tab completes.
    ///   - interrupts: on a terminal, where Ctrl-C takes the line away.
    init(historyFile: String, completions: [String], interrupts: Interrupts?) {
        self.historyFile = historyFile
        self.interrupts = interrupts
        guard interrupts != nil else { return }
        using_history()
        read_history(historyFile)
        let words = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: completions.count + 1)
        for (index, word) in completions.enumerated() { words[index] = strdup(word).map { UnsafePointer($0) } }
        words[completions.count] = nil
        labsync_complete_with(words)
    }

    /// Nil at the end of input.
    func line(prompt: String) -> String? {
        guard let interrupts else { return readLine() }
        while true {
            var wasInterrupted = false
            let text = labsync_read_line(prompt, interrupts.descriptor, &wasInterrupted)
            if wasInterrupted {
                print("\n(/quit or Ctrl-D ends)")
                continue
            }
            guard let text else {
                print()
                return nil
            }
            defer { free(text) }
            remember(text)
            return String(cString: text)
        }
    }

    private func remember(_ text: UnsafePointer<CChar>) {
        guard !String(cString: text).allSatisfy(\.isWhitespace) else { return }
        add_history(text)
        // Questions are their asker's own.
        let mask = umask(0o077)
        write_history(historyFile)
        umask(mask)
    }
}
