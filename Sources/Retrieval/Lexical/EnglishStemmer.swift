/// Porter's second stemmer ("Porter2", M. Porter 2001, snowballstem.org/algorithms/english/stemmer.html).
package enum EnglishStemmer {
    /// - Parameter word: lower-case ASCII letters; anything else is returned as it is.
    package static func stem(_ word: String) -> String {
        guard word.utf8.count > 2, word.utf8.allSatisfy({ $0 >= 97 && $0 <= 122 }) else { return word }
        if let exception = exceptions[word] { return exception }
        var stemming = Stemming(Array(word.utf8))
        stemming.run()
        return String(decoding: stemming.word, as: UTF8.self)
    }

    private static let exceptions: [String: String] = [
        "skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "idly": "idl",
        "gently": "gentl", "ugly": "ugli", "early": "earli", "only": "onli", "singly": "singl",
        "sky": "sky", "news": "news", "howe": "howe", "atlas": "atlas", "cosmos": "cosmos", "bias": "bias",
        "andes": "andes",
    ]
}

private struct Stemming {
    var word: [UInt8]
    private var r1 = 0
    private var r2 = 0

    private static let vowels = Set("aeiouy".utf8)
    private static let doubles = Set("bdfgmnprt".utf8)
    private static let liEndings = Set("cdeghkmnrt".utf8)
    private static let capitalY = UInt8(ascii: "Y")

    init(_ word: [UInt8]) {
        self.word = word
        // A consonant y is written Y, so that it is no vowel below.
        for index in word.indices where word[index] == UInt8(ascii: "y") {
            if index == 0 || Self.vowels.contains(self.word[index - 1]) { self.word[index] = Self.capitalY }
        }
        r1 = Self.region(self.word, from: 0)
        for prefix in ["gener", "commun", "arsen"] where self.word.starts(with: Array(prefix.utf8)) {
            r1 = prefix.utf8.count
        }
        r2 = Self.region(self.word, from: r1)
    }

    mutating func run() {
        step1a()
        if ["inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"]
            .contains(String(decoding: word, as: UTF8.self))
        {
            return
        }
        step1b()
        step1c()
        step2()
        step3()
        step4()
        step5()
        word = word.map { $0 == Self.capitalY ? UInt8(ascii: "y") : $0 }
    }

    private func isVowel(_ index: Int) -> Bool { Self.vowels.contains(word[index]) }

    /// After the first consonant that follows a vowel.
    private static func region(_ word: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < word.count {
            if vowels.contains(word[index - 1]), !vowels.contains(word[index]) { return index + 1 }
            index += 1
        }
        return word.count
    }

    private func ends(_ suffix: String) -> Bool {
        word.count >= suffix.utf8.count && word.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    private func start(of suffix: String) -> Int { word.count - suffix.utf8.count }

    private mutating func replace(_ suffix: String, _ replacement: String) {
        word.removeLast(suffix.utf8.count)
        word += replacement.utf8
    }

    private func hasVowel(before end: Int) -> Bool { (0..<end).contains(where: isVowel) }

    private mutating func step1a() {
        if ends("sses") {
            replace("sses", "ss")
        } else if ends("ied") || ends("ies") {
            replace("ied", word.count > 4 ? "i" : "ie")
        } else if ends("us") || ends("ss") {
            return
        } else if ends("s"), word.count > 2, hasVowel(before: word.count - 2) {
            word.removeLast()
        }
    }

    private mutating func step1b() {
        for suffix in ["eedly", "eed"] where ends(suffix) {
            if start(of: suffix) >= r1 { replace(suffix, "ee") }
            return
        }
        for suffix in ["ingly", "edly", "ing", "ed"] where ends(suffix) {
            guard hasVowel(before: start(of: suffix)) else { return }
            word.removeLast(suffix.utf8.count)
            if ends("at") || ends("bl") || ends("iz") {
                word.append(UInt8(ascii: "e"))
            } else if let last = word.last, word.count > 1, last == word[word.count - 2], Self.doubles.contains(last) {
                word.removeLast()
            } else if isShort {
                word.append(UInt8(ascii: "e"))
            }
            return
        }
    }

    private var isShort: Bool { r1 >= word.count && endsInShortSyllable }

    private var endsInShortSyllable: Bool {
        let count = word.count
        if count == 2 { return isVowel(0) && !isVowel(1) }
        guard count > 2 else { return false }
        let last = word[count - 1]
        return !isVowel(count - 3) && isVowel(count - 2) && !isVowel(count - 1)
            && last != UInt8(ascii: "w") && last != UInt8(ascii: "x") && last != Self.capitalY
    }

    private mutating func step1c() {
        guard word.count > 2, let last = word.last, last == UInt8(ascii: "y") || last == Self.capitalY,
            !isVowel(word.count - 2)
        else { return }
        word[word.count - 1] = UInt8(ascii: "i")
    }

    private mutating func step2() {
        let rules = [
            ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ization", "ize"), ("ousness", "ous"),
            ("biliti", "ble"), ("lessli", "less"), ("tional", "tion"), ("alism", "al"), ("aliti", "al"),
            ("ation", "ate"), ("entli", "ent"), ("fulli", "ful"), ("iviti", "ive"), ("ousli", "ous"),
            ("abli", "able"), ("alli", "al"), ("anci", "ance"), ("ator", "ate"), ("enci", "ence"), ("izer", "ize"),
            ("bli", "ble"), ("ogi", "og"), ("li", ""),
        ]
        guard let (suffix, replacement) = rules.first(where: { ends($0.0) }), start(of: suffix) >= r1 else { return }
        let before = start(of: suffix) > 0 ? word[start(of: suffix) - 1] : 0
        if suffix == "ogi", before != UInt8(ascii: "l") { return }
        if suffix == "li", !Self.liEndings.contains(before) { return }
        replace(suffix, replacement)
    }

    private mutating func step3() {
        let rules = [
            ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("ative", ""), ("icate", "ic"), ("iciti", "ic"),
            ("ical", "ic"), ("ness", ""), ("ful", ""),
        ]
        guard let (suffix, replacement) = rules.first(where: { ends($0.0) }), start(of: suffix) >= r1 else { return }
        if suffix == "ative", start(of: suffix) < r2 { return }
        replace(suffix, replacement)
    }

    private mutating func step4() {
        let suffixes = [
            "ement", "able", "ance", "ence", "ible", "ment", "ant", "ate", "ent", "ism", "iti", "ive", "ize", "ous",
            "ion", "al", "er", "ic",
        ]
        guard let suffix = suffixes.first(where: ends), start(of: suffix) >= r2 else { return }
        if suffix == "ion" {
            let before = word[start(of: suffix) - 1]
            guard before == UInt8(ascii: "s") || before == UInt8(ascii: "t") else { return }
        }
        word.removeLast(suffix.utf8.count)
    }

    private mutating func step5() {
        if ends("e") {
            let place = word.count - 1
            guard place < r1 else {
                if place >= r2 {
                    word.removeLast()
                } else {
                    word.removeLast()
                    if endsInShortSyllable { word.append(UInt8(ascii: "e")) }
                }
                return
            }
        } else if ends("l"), word.count - 1 >= r2, word.count > 1, word[word.count - 2] == UInt8(ascii: "l") {
            word.removeLast()
        }
    }
}
