/// Whom a request acts for. The database decides what they may see; this only names them.
public struct Principal: Hashable, Sendable {
    public let user: UserID

    public init(user: UserID) {
        self.user = user
    }
}
