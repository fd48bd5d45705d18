public import Domain
public import Foundation

/// One source as it stands in the database now, with what its passages need to be understood alone.
public struct SourceDocument: Sendable {
    public let source: SourceReference
    public let scope: Scope
    public let conversation: ConversationID?
    public let author: UserID?
    public let authorName: String?
    /// A conversation's, schedule's or file's name.
    public let title: String?
    public let createdAt: Date
    public let startsAt: Date?
    public let endsAt: Date?
    public let body: Body

    public enum Body: Sendable {
        case message(String)
        case status(String)
        case comment(String, onStatus: String)
        case schedule(description: String?, resource: String?, participants: [String])
        case file(objectKey: String, contentType: String, extractedText: ExtractedText?)
    }

    public init(
        source: SourceReference,
        scope: Scope,
        conversation: ConversationID?,
        author: UserID?,
        authorName: String?,
        title: String?,
        createdAt: Date,
        startsAt: Date?,
        endsAt: Date?,
        body: Body
    ) {
        self.source = source
        self.scope = scope
        self.conversation = conversation
        self.author = author
        self.authorName = authorName
        self.title = title
        self.createdAt = createdAt
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.body = body
    }

    /// A file that a program must read first. Judged by what its uploader says: it decides the order only.
    var isSlowToRead: Bool {
        guard case .file(_, let contentType, let extracted) = body else { return false }
        return extracted == nil && !contentType.lowercased().hasPrefix("text/")
    }
}
