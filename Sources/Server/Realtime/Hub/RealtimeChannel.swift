import Assistant
import Domain

/// A topic by its name, without `realtime:`. Private ones share nothing with public ones of the same name.
struct TopicName: Hashable, Sendable {
    let name: String
    let isPrivate: Bool
}

/// What one socket has joined.
struct RealtimeChannel: Sendable {
    typealias Key = UInt64

    let socket: SocketEntry.Key
    let line: Line
    let addressee: Addressee
    let topic: TopicName
    let right: TopicRight?
    let hearsItself: Bool
    let presenceKey: String
    var hasPresence: Bool
    var token: VerifiedToken
    /// Numbers of the subscriptions to changes.
    var subscriptions: [Int] = []

    var user: UserID { token.principal.user }
    /// Whether losing sight of the database's commits ends it.
    var needsFeed: Bool { topic.isPrivate || !subscriptions.isEmpty }
}

/// A socket that is open, for limits and for ending it.
struct SocketEntry: Sendable {
    typealias Key = UInt64

    let line: Line
    let token: VerifiedToken
    var channels: Set<RealtimeChannel.Key> = []
}

/// Everybody of one topic.
struct Topic: Sendable {
    struct Presence: Sendable {
        let key: String
        /// As JSON, its `phx_ref` included.
        let meta: [UInt8]
    }

    var channels: Set<RealtimeChannel.Key> = []
    var presences: [RealtimeChannel.Key: Presence] = [:]
}

/// Who follows the changes that one subscription names; those who ask alike share it.
struct FollowedChanges: Sendable {
    let id: Int
    let subscription: ChangeSubscription
    var followers: [UserID: Set<RealtimeChannel.Key>] = [:]
}
