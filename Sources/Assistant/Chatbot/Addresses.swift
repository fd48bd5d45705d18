import Foundation

/// Takes addresses out of what is shown: one could carry what was read to somebody else.
package enum Addresses {
    static let placeholder = "(link left out)"

    package static func removed(from text: String) -> String {
        text.replacing(/<[a-zA-Z\/!][^>]*>/, with: "")
            .replacing(/!?\[([^\]\d][^\]]*)\]\([^)]*\)/) { String($0.1) }
            .replacing(/<?\b[a-zA-Z][a-zA-Z0-9+.\-]*:\/\/[^\s>]*>?/, with: placeholder)
            .replacing(/\b(?:mailto|javascript|data|vbscript|ftp|file):[^\s]+/.ignoresCase(), with: placeholder)
            .replacing(/(^|[\s("'\[:])\/\/[^\s]+/) { "\($0.1)\(placeholder)" }
            .replacing(/\bwww\.[^\s]+/.ignoresCase(), with: placeholder)
            .replacing(bare) { String($0.0).contains("@") ? String($0.0) : placeholder }
    }

    /// "evil.example/collect?d=…" and "evil.com": clients turn such words into links by themselves.
    private static var bare: Regex<Substring> {
        #/
        [\w.+\-]*@? \b [a-zA-Z0-9\-]+ (?:\.[a-zA-Z0-9\-]+)*
        (?:
            \. (?:com|net|org|io|dev|app|info|biz|xyz|example|invalid|ai|eu|de|uk|fr|nl|ch|edu|gov
            |link|site|online|page|cloud) \b (?:[\/?:][^\s]*)?
        |
            \. [a-zA-Z]{2,} \/ [^\s]* [?=] [^\s]*
        )
        /#.ignoresCase()
    }
}
