import Foundation
import Synchronization

/// Tokens found good a moment ago: checking a signature costs more than most of what is asked with it.
///
/// A token is taken from here for `life` at most, and never past its expiry. Whether it has been ended meanwhile the
/// database says, in the round trip of what is asked.
final class RecentTokens: Sendable {
    static let life: TimeInterval = 30
    static let capacity = 10_000

    private struct Entry {
        let token: VerifiedToken
        let until: Date
    }

    private let entries = Mutex<[String: Entry]>([:])

    func find(_ text: String, now: Date = Date()) -> VerifiedToken? {
        entries.withLock { entries in
            guard let entry = entries[text] else { return nil }
            guard now < entry.until else {
                entries[text] = nil
                return nil
            }
            return entry.token
        }
    }

    func keep(_ text: String, _ token: VerifiedToken, now: Date = Date()) {
        let soon = now.addingTimeInterval(Self.life)
        let until = min(token.expires ?? soon, soon)
        entries.withLock { entries in
            // Full: all at once, which happens seldom, instead of keeping an order of use.
            if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
            entries[text] = Entry(token: token, until: until)
        }
    }
}
