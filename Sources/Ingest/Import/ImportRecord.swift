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

        package init(
            id: RoleID? = nil,
            name: String
        ) {
            self.id = id
            self.name = name
        }
    }

    public struct User: Sendable, Equatable, Codable {
        public var id: UserID
        public var email: String
        public var fullName: String?
        public var avatarURL: String?
        public var createdAt: Date?
        /// Names of roles; those that do not exist yet are made.
        public var roles: [String]

        package init(
            id: UserID,
            email: String,
            fullName: String? = nil,
            avatarURL: String? = nil,
            createdAt: Date? = nil,
            roles: [String] = []
        ) {
            self.id = id
            self.email = email
            self.fullName = fullName
            self.avatarURL = avatarURL
            self.createdAt = createdAt
            self.roles = roles
        }
    }

    public struct Conversation: Sendable, Equatable, Codable {
        public var id: ConversationID
        public var name: String?
        public var isGroup: Bool
        public var createdAt: Date?
        public var members: [UserID]

        package init(
            id: ConversationID,
            name: String? = nil,
            isGroup: Bool = false,
            createdAt: Date? = nil,
            members: [UserID] = []
        ) {
            self.id = id
            self.name = name
            self.isGroup = isGroup
            self.createdAt = createdAt
            self.members = members
        }
    }

    public struct Member: Sendable, Equatable, Codable {
        public var conversation: ConversationID
        public var user: UserID

        package init(
            conversation: ConversationID,
            user: UserID
        ) {
            self.conversation = conversation
            self.user = user
        }
    }

    public struct Message: Sendable, Equatable, Codable {
        public var id: MessageID
        public var conversation: ConversationID
        public var sender: UserID
        public var content: String
        public var mediaURL: String?
        public var createdAt: Date?
        public var replyTo: MessageID?
        public var editedAt: Date?

        package init(
            id: MessageID,
            conversation: ConversationID,
            sender: UserID,
            content: String,
            mediaURL: String? = nil,
            createdAt: Date? = nil,
            replyTo: MessageID? = nil,
            editedAt: Date? = nil
        ) {
            self.id = id
            self.conversation = conversation
            self.sender = sender
            self.content = content
            self.mediaURL = mediaURL
            self.createdAt = createdAt
            self.replyTo = replyTo
            self.editedAt = editedAt
        }
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

        package init(
            id: StatusID,
            author: UserID,
            text: String,
            mediaURL: String? = nil,
            visibility: String,
            roles: [String] = [],
            createdAt: Date? = nil
        ) {
            self.id = id
            self.author = author
            self.text = text
            self.mediaURL = mediaURL
            self.visibility = visibility
            self.roles = roles
            self.createdAt = createdAt
        }
    }

    public struct Comment: Sendable, Equatable, Codable {
        public var id: CommentID
        public var status: StatusID
        public var author: UserID
        public var text: String
        public var createdAt: Date?

        package init(
            id: CommentID,
            status: StatusID,
            author: UserID,
            text: String,
            createdAt: Date? = nil
        ) {
            self.id = id
            self.status = status
            self.author = author
            self.text = text
            self.createdAt = createdAt
        }
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

        package init(
            id: ScheduleID,
            title: String,
            description: String? = nil,
            resource: String? = nil,
            start: Date,
            end: Date,
            allDay: Bool = false,
            createdBy: UserID,
            participants: [UserID] = []
        ) {
            self.id = id
            self.title = title
            self.description = description
            self.resource = resource
            self.start = start
            self.end = end
            self.allDay = allDay
            self.createdBy = createdBy
            self.participants = participants
        }
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

        package init(
            id: FileID,
            name: String,
            contentType: String,
            owner: UserID,
            conversation: ConversationID? = nil,
            message: MessageID? = nil,
            status: StatusID? = nil,
            schedule: ScheduleID? = nil,
            createdAt: Date? = nil,
            content: Content
        ) {
            self.id = id
            self.name = name
            self.contentType = contentType
            self.owner = owner
            self.conversation = conversation
            self.message = message
            self.status = status
            self.schedule = schedule
            self.createdAt = createdAt
            self.content = content
        }

        /// A file's bytes stand in the line itself or beside the import.
        public enum Content: Sendable, Equatable, Codable {
            case text(String)
            /// Relative to the import's folder; never leaves it.
            case path(String)
        }
    }
}
