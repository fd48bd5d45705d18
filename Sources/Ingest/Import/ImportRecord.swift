public import Domain
public import Foundation

/// One line of an import, checked and typed, its identity and times as given.
public enum ImportRecord: Sendable, Equatable {
    case role(Role)
    case user(User)
    case conversation(Conversation)
    case member(Member)
    case message(Message)
    case status(Status)
    case comment(Comment)
    case schedule(Schedule)
    case file(File)

    public struct Role: Sendable, Equatable, Codable {
        public var id: RoleID?
        public var name: String
    }

    public struct User: Sendable, Equatable, Codable {
        public var id: UserID
        public var email: String
        public var fullName: String?
        public var avatarURL: String?
        public var createdAt: Date?
        /// Names of roles; those that do not exist yet are made.
        public var roles: [String]
    }

    public struct Conversation: Sendable, Equatable, Codable {
        public var id: ConversationID
        public var name: String?
        public var isGroup: Bool
        public var createdAt: Date?
        public var members: [UserID]
    }

    public struct Member: Sendable, Equatable, Codable {
        public var conversation: ConversationID
        public var user: UserID
    }

    public struct Message: Sendable, Equatable, Codable {
        public var id: MessageID
        public var conversation: ConversationID
        public var sender: UserID
        public var content: String
        public var mediaURL: String?
        public var createdAt: Date?
        public var replyTo: MessageID?
    }

    public struct Status: Sendable, Equatable, Codable {
        public var id: StatusID
        public var author: UserID
        public var text: String
        public var mediaURL: String?
        public var visibility: String
        /// Names of the roles that a role-based status is shown to.
        public var roles: [String]
        public var createdAt: Date?
    }

    public struct Comment: Sendable, Equatable, Codable {
        public var id: CommentID
        public var status: StatusID
        public var author: UserID
        public var text: String
        public var createdAt: Date?
    }

    public struct Schedule: Sendable, Equatable, Codable {
        public var id: ScheduleID
        public var title: String
        public var description: String?
        public var resource: String?
        public var start: Date
        public var end: Date
        public var allDay: Bool
        public var createdBy: UserID
        public var participants: [UserID]
    }

    public struct File: Sendable, Equatable, Codable {
        public var id: FileID
        public var name: String
        public var contentType: String
        public var owner: UserID
        public var conversation: ConversationID?
        public var message: MessageID?
        public var status: StatusID?
        public var schedule: ScheduleID?
        public var createdAt: Date?
        public var content: Content

        /// A file's bytes stand in the line itself or beside the import.
        public enum Content: Sendable, Equatable, Codable {
            case text(String)
            /// Relative to the import's folder; never leaves it.
            case path(String)
        }
    }
}
