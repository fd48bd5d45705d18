import Synchronization

/// Reads texts by the million into the keys of their terms: what `Terms.terms` makes, without a string for each word.
///
/// Every word that was met is remembered with what became of it, so that it is stemmed once.
package final class TextReader: @unchecked Sendable {  // Used by one thread at a time, which `lend` sees to.
    /// Terms in order, of all texts since `begin`.
    package private(set) var terms: [TermKey] = []
    /// Whether a passage's text mentions a day, month, clock time and the like.
    package private(set) var tellsTime = false
    /// Of a passage's words: near-duplicates share it.
    private(set) var fingerprint: UInt64 = 0

    /// Words that are remembered at most.
    private static let mostKnown = 1 << 18
    private static let longestWord = 64

    private struct Word {
        /// Of its letters, before stemming; 0 is a free place.
        var letters: UInt64 = 0
        /// 0 for a stop word.
        var term: UInt64 = 0
        var isOfTime = false
    }

    private var known = [Word](repeating: Word(), count: 1 << 12)
    private var knownCount = 0
    /// The compound that is being read, its words joined by hyphens.
    private var compound: [UInt8] = []
    private var wordStart = 0
    private var wordsInCompound = 0

    private static let idle = Mutex<[TextReader]>([])

    package static func lend<Result>(_ body: (TextReader) -> Result) -> Result {
        let reader = idle.withLock { $0.popLast() } ?? TextReader()
        defer { idle.withLock { $0.append(reader) } }
        return body(reader)
    }

    private init() {}

    package func begin() {
        terms.removeAll(keepingCapacity: true)
        tellsTime = false
        fingerprint = 0
    }

    /// The terms of one text alone.
    func terms(of text: String) -> [TermKey] {
        begin()
        readText(text)
        return terms
    }

    /// What a text is called or who wrote it.
    func readName(_ name: String) {
        let (time, print) = (tellsTime, fingerprint)
        readText(name)
        (tellsTime, fingerprint) = (time, print)
    }

    package func readText(_ text: String) {
        var text = text
        if text.withUTF8({ readASCII($0) }) { return }
        for words in Terms.compounds(of: text) {
            for word in words {
                if wordsInCompound > 0 { compound.append(UInt8(ascii: "-")) }
                wordStart = compound.count
                compound += word.utf8
                closeWord()
            }
            closeCompound()
        }
    }

    /// False, and nothing read, when there is a letter beyond ASCII. Rules and order are those of `Terms.compounds`.
    private func readASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.allSatisfy({ $0 < 0x80 }) else { return false }
        var joinerPending = false
        for byte in text {
            let kind = Self.kinds[Int(byte)]
            if kind >= Self.letter {
                if joinerPending {
                    compound.append(UInt8(ascii: "-"))
                    wordStart = compound.count
                }
                joinerPending = false
                if compound.count - wordStart < Self.longestWord { compound.append(kind) }
            } else if kind == Self.apostrophe {
                continue
            } else if kind == Self.joiner, !joinerPending, compound.count > wordStart {
                closeWord()
                joinerPending = true
            } else {
                joinerPending = false
                if compound.count > 0 { finishCompound() }
            }
        }
        if compound.count > 0 { finishCompound() }
        return true
    }

    private func finishCompound() {
        if compound.count > wordStart { closeWord() }
        closeCompound()
    }

    private func closeWord() {
        let word = compound.withUnsafeBufferPointer { letters in
            self.word(UnsafeBufferPointer(rebasing: letters[wordStart...]))
        }
        wordsInCompound += 1
        wordStart = compound.count
        fingerprint = TermKey.fold(fingerprint ^ word.letters, 0xa076_1d64_78bd_642f)
        if word.isOfTime { tellsTime = true }
        if word.term != 0 { terms.append(TermKey(hash: word.term)) }
    }

    private func closeCompound() {
        if wordsInCompound > 1 { terms.append(compound.withUnsafeBufferPointer(TermKey.init)) }
        compound.removeAll(keepingCapacity: true)
        wordStart = 0
        wordsInCompound = 0
    }

    private func word(_ letters: UnsafeBufferPointer<UInt8>) -> Word {
        let hash = max(1, TermKey(letters).hash)
        var place = Int(truncatingIfNeeded: hash) & (known.count - 1)
        while known[place].letters != 0 {
            if known[place].letters == hash { return known[place] }
            place = (place + 1) & (known.count - 1)
        }
        return learn(hash, String(decoding: letters, as: UTF8.self))
    }

    private func learn(_ hash: UInt64, _ letters: String) -> Word {
        let term = StopWords.contains(letters) ? 0 : max(1, TermKey(EnglishStemmer.stem(letters)).hash)
        let word = Word(letters: hash, term: term, isOfTime: TimeWords.contains(letters))
        if knownCount >= Self.mostKnown {
            known = [Word](repeating: Word(), count: 1 << 12)
            knownCount = 0
        }
        knownCount += 1
        if knownCount * 2 > known.count {
            let old = known
            known = [Word](repeating: Word(), count: old.count * 2)
            for word in old where word.letters != 0 { put(word) }
        }
        put(word)
        return word
    }

    private func put(_ word: Word) {
        var place = Int(truncatingIfNeeded: word.letters) & (known.count - 1)
        while known[place].letters != 0 { place = (place + 1) & (known.count - 1) }
        known[place] = word
    }

    private static let apostrophe: UInt8 = 1
    private static let joiner: UInt8 = 2
    private static let letter: UInt8 = 48

    /// By byte: itself in lower case where it is of a word, else what it does to one.
    private static let kinds: [UInt8] = (0..<128).map { byte in
        switch UInt8(byte) {
        case 48...57, 97...122: UInt8(byte)
        case 65...90: UInt8(byte) + 32
        case UInt8(ascii: "'"): apostrophe
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"): joiner
        default: 0
        }
    }
}
