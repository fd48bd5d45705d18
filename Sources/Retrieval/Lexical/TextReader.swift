import Synchronization

/// Reads texts by the million into the keys of their terms: what `Terms` makes, without a string for each word.
package final class TextReader: @unchecked Sendable {  // Used by one thread at a time, which `lend` sees to.
    private var reading = TextReading()
    private var known = KnownWords()

    private static let idle = Mutex<[TextReader]>([])

    package static func lend<Result>(_ body: (TextReader) throws -> Result) rethrows -> Result {
        let reader = idle.withLock { $0.popLast() } ?? TextReader()
        defer { idle.withLock { $0.append(reader) } }
        return try body(reader)
    }

    /// One of one's own.
    init() {}

    /// Words in order, of all texts since `begin`.
    package var words: [TermKey] { reading.words }
    /// What their compounds are found by besides: each whole, and two words as one ("micro-RNA" by "microRNA").
    package var compounds: [TermKey] { reading.compounds }
    /// Whether a passage's text mentions a day, month, clock time and the like.
    package var tellsTime: Bool { reading.tellsTime }
    /// Of a passage's words: near-duplicates share it.
    var fingerprint: UInt64 { reading.fingerprint }

    package func begin() {
        reading.begin()
    }

    /// The words of one text alone.
    func words(of text: String) -> [TermKey] {
        begin()
        readText(text)
        return words
    }

    /// What a text is called or who wrote it.
    func readName(_ name: String) {
        let (time, print) = (reading.tellsTime, reading.fingerprint)
        readText(name)
        (reading.tellsTime, reading.fingerprint) = (time, print)
    }

    package func readText(_ text: String) {
        var text = text
        if text.withUTF8({ reading.readASCII($0, &known) }) { return }
        for compound in Terms.compounds(of: text) { reading.read(compound, &known) }
    }
}

/// What is known of the texts that are being read.
private struct TextReading {
    var words: [TermKey] = []
    var compounds: [TermKey] = []
    var tellsTime = false
    var fingerprint: UInt64 = 0
    /// The compound that is being read, its words joined by hyphens.
    private var compound: [UInt8] = []

    private static let longestWord = 64

    mutating func begin() {
        words.removeAll(keepingCapacity: true)
        compounds.removeAll(keepingCapacity: true)
        tellsTime = false
        fingerprint = 0
    }

    mutating func read(_ words: [String], _ known: inout KnownWords) {
        compound.removeAll(keepingCapacity: true)
        for word in words {
            if !compound.isEmpty { compound.append(UInt8(ascii: "-")) }
            let start = compound.count
            compound += word.utf8
            compound.withUnsafeBufferPointer { add(known[UnsafeBufferPointer(rebasing: $0[start...])]) }
        }
        compound.withUnsafeBufferPointer { addCompound($0, words: words.count, &known) }
    }

    /// False, and nothing read, when there is a letter beyond ASCII. Rules and order are those of `Terms.compounds`.
    mutating func readASCII(_ text: UnsafeBufferPointer<UInt8>, _ known: inout KnownWords) -> Bool {
        guard text.reduce(0, |) < 0x80 else { return false }
        // No compound is longer than its text.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count + 1) { compound in
            let kinds = Self.kinds
            var (count, wordStart, words, joinerPending) = (0, 0, 0, false)
            func closeWord() {
                add(known[UnsafeBufferPointer(rebasing: compound[wordStart..<count])])
                words += 1
                wordStart = count
            }
            func finishCompound() {
                if count > wordStart { closeWord() }
                addCompound(UnsafeBufferPointer(rebasing: compound[..<count]), words: words, &known)
                (count, wordStart, words) = (0, 0, 0)
            }
            for byte in text {
                let kind = kinds[Int(byte)]
                if kind >= Self.letter {
                    if joinerPending {
                        compound[count] = UInt8(ascii: "-")
                        count += 1
                        wordStart = count
                        joinerPending = false
                    }
                    if count - wordStart < Self.longestWord {
                        compound[count] = kind
                        count += 1
                    }
                } else if kind == Self.apostrophe {
                    continue
                } else if kind == Self.joiner, !joinerPending, count > wordStart {
                    closeWord()
                    joinerPending = true
                } else {
                    joinerPending = false
                    if count > 0 { finishCompound() }
                }
            }
            if count > 0 { finishCompound() }
        }
        return true
    }

    private mutating func add(_ word: KnownWords.Word) {
        fingerprint = TermKey.fold(fingerprint ^ word.letters, 0xa076_1d64_78bd_642f)
        if word.isOfTime { tellsTime = true }
        if word.term != 0 { words.append(TermKey(hash: word.term)) }
    }

    private mutating func addCompound(_ letters: UnsafeBufferPointer<UInt8>, words: Int, _ known: inout KnownWords) {
        guard words > 1 else { return }
        compounds.append(TermKey(letters))
        guard words == 2, !letters.contains(where: { (48...57).contains($0) }) else { return }
        let joined = letters.filter { $0 != UInt8(ascii: "-") }.withUnsafeBufferPointer { known[$0] }
        if joined.term != 0 { compounds.append(TermKey(hash: joined.term)) }
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

/// Every word that was met with what became of it, so that it is stemmed once.
private struct KnownWords {
    struct Word {
        /// Of its letters, before stemming; 0 is a free place.
        var letters: UInt64 = 0
        /// 0 for a stop word.
        var term: UInt64 = 0
        var isOfTime = false
    }

    /// Words that are remembered at most.
    private static let most = 1 << 18

    private var words = [Word](repeating: Word(), count: 1 << 12)
    private var count = 0

    subscript(letters: UnsafeBufferPointer<UInt8>) -> Word {
        mutating get {
            let hash = max(1, TermKey(letters).hash)
            var place = Int(truncatingIfNeeded: hash) & (words.count - 1)
            while words[place].letters != 0 {
                if words[place].letters == hash { return words[place] }
                place = (place + 1) & (words.count - 1)
            }
            return learn(hash, String(decoding: letters, as: UTF8.self))
        }
    }

    private mutating func learn(_ hash: UInt64, _ letters: String) -> Word {
        let term = StopWords.contains(letters) ? 0 : max(1, TermKey(EnglishStemmer.stem(letters)).hash)
        let word = Word(letters: hash, term: term, isOfTime: TimeWords.contains(letters))
        if count >= Self.most {
            words = [Word](repeating: Word(), count: 1 << 12)
            count = 0
        }
        count += 1
        if count * 2 > words.count {
            let old = words
            words = [Word](repeating: Word(), count: old.count * 2)
            for word in old where word.letters != 0 { put(word) }
        }
        put(word)
        return word
    }

    private mutating func put(_ word: Word) {
        var place = Int(truncatingIfNeeded: word.letters) & (words.count - 1)
        while words[place].letters != 0 { place = (place + 1) & (words.count - 1) }
        words[place] = word
    }
}
