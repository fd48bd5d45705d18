import Retrieval

/// Cuts a file's text into chunks, none of which runs over the end of a page, sheet or slide.
struct FileChunks {
    /// A longer text would crowd out everything else; what comes after is not indexed.
    private static let maximum = 4000
    /// More than the embedder reads of any text, and little enough to hand around.
    private static let beginning = 2000

    let chunks: [Chunk]
    /// What is left out, as a sentence.
    let note: String?

    init(of text: ExtractedText) {
        var chunks: [Chunk] = []
        var isCut = false
        for section in text.sections where !isCut {
            for passage in FilePassages(of: section.text).passages {
                guard chunks.count < Self.maximum else {
                    isCut = true
                    break
                }
                let isFirst = chunks.isEmpty
                chunks.append(
                    Chunk(
                        ordinal: chunks.count,
                        text: passage.text,
                        locator: section.locator(line: passage.line),
                        embedded: Recipe.passage(
                            ofFile: passage.text,
                            beginning: isFirst ? text.beginning(Self.beginning) : nil
                        )
                    )
                )
            }
        }
        self.chunks = chunks
        let end = chunks.last?.locator.map { " up to \($0)" } ?? ""
        note = isCut ? "It is longer than what is searched: only its beginning\(end) is." : text.note
    }
}

extension ExtractedText {
    fileprivate func beginning(_ count: Int) -> String {
        var text = ""
        for section in sections {
            if !text.isEmpty { text += "\n" }
            text += section.text.prefix(count - text.count)
            if text.count >= count { break }
        }
        return text
    }
}
