public import Foundation
import Synchronization

/// Sign-ins that were ended while access tokens of theirs were still good.
///
/// Kept in memory for as long as such a token can live, so that this node need not ask. Other nodes are told by the
/// database with the next request.
public final class RevokedFamilies: Sendable {
    private let families = Mutex<[UUID: Date]>([:])

    public init() {}

    public func revoke(_ family: UUID, at now: Date) {
        families.withLock { families in
            families[family] = now
            families = families.filter { now.timeIntervalSince($0.value) < AccessToken.life + 60 }
        }
    }

    func contains(_ family: UUID) -> Bool {
        families.withLock { $0[family] != nil }
    }
}

/// How long an access token is good for, in seconds: a stolen one no longer than this.
public enum AccessToken {
    public static let life: TimeInterval = 900
}
