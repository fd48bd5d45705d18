import Domain
import Foundation
import Postgres
import TestSupport

/// A random lab and what is known of it apart from the database: the oracle decides from this alone.
struct World {
    struct Item {
        enum Place {
            case conversation(ConversationID)
            case status(UUID)
            case everyone
            case owner
            /// By the bucket: everyone, where it is public, and else the owner.
            case bucket(String)
        }

        let source: SourceReference
        let author: UserID
        /// A word that stands nowhere else.
        let canary: String
        let place: Place
        /// Of an object: its bucket and path.
        var objectPath: String?
    }

    struct Status {
        var author: UserID
        var visibility: String
        var roles: Set<String>
    }

    var random: SeededGenerator
    var users: [UserID] = []
    var roles: [UserID: Set<String>] = [:]
    var members: [ConversationID: Set<UserID>] = [:]
    var statuses: [UUID: Status] = [:]
    var items: [UUID: Item] = [:]
    var secrets: [Secret] = []
    var publicBuckets: Set<String> = ["open"]
    static let buckets = ["open", "closed", "papers"]
    static let roleNames = ["manager", "staff", "imaging", "safety"]

    /// What a user may see, by the rules as they are written in the design, not as the policies say them.
    func maySee(_ user: UserID, _ item: Item) -> Bool {
        switch item.place {
        case .everyone: true
        case .owner: item.author == user
        case .bucket(let id): publicBuckets.contains(id) || item.author == user
        case .conversation(let id): members[id]?.contains(user) == true
        case .status(let id): statuses[id].map { maySee(user, $0) } ?? false
        }
    }

    private func maySee(_ user: UserID, _ status: Status) -> Bool {
        if status.author == user || status.visibility == "public" { return true }
        return status.visibility == "role-based" && !status.roles.isDisjoint(with: roles[user] ?? [])
    }

    func visible(to user: UserID) -> Set<String> {
        Set(items.values.filter { maySee(user, $0) }.map(\.canary))
    }

    static func make(seed: UInt64, in lab: TestLab) async throws -> World {
        var world = World(random: SeededGenerator(seed: seed))
        try await lab.superuser.run("insert into roles (name) values ('imaging'), ('safety') on conflict do nothing")
        for number in 0..<6 {
            let held = Set(roleNames.filter { _ in Bool.random(using: &world.random) })
            let user = try await lab.addUser("User\(number)", roles: Array(held))
            world.users.append(user)
            world.roles[user] = held
        }
        for number in 0..<5 {
            let count = number < 2 ? 2 : Int.random(in: 2...5, using: &world.random)
            let people = Array(world.users.shuffled(using: &world.random).prefix(count))
            let id = try await lab.addConversation(people, isGroup: number >= 2)
            world.members[id] = Set(people)
        }
        for _ in 0..<14 { try await world.addMessage(in: lab) }
        for _ in 0..<9 { try await world.addStatus(in: lab) }
        for _ in 0..<6 { try await world.addComment(in: lab) }
        for _ in 0..<3 { try await world.addSchedule(in: lab) }
        for id in buckets {
            let isPublic = world.publicBuckets.contains(id)
            try await lab.superuser.run("insert into buckets (id, name, public) values (\(id), \(id), \(isPublic))")
        }
        for _ in 0..<6 { try await world.addFile(in: lab) }
        for _ in 0..<6 { try await world.addObject(in: lab) }
        try await world.addSecrets(in: lab)
        return world
    }

    // MARK: Content

    mutating func canary() -> String { "canary\(String(random.next(), radix: 36))" }

    mutating func anyone() -> UserID { users[Int.random(in: 0..<users.count, using: &random)] }

    mutating func addMessage(in lab: TestLab) async throws {
        guard let id = members.keys.sorted().randomElement(using: &random),
            let sender = members[id]?.sorted().randomElement(using: &random)
        else { return }
        let word = canary()
        let message = try await lab.addMessage("Here is \(word) for you", by: sender, in: id)
        add(.message, message.uuid, sender, word, .conversation(id))
    }

    mutating func addStatus(in lab: TestLab) async throws {
        let (id, author, word) = (UUID(), anyone(), canary())
        let visibility = ["public", "private", "role-based"].randomElement(using: &random) ?? "public"
        let listed = visibility == "role-based" ? Set([Self.roleNames.randomElement(using: &random) ?? "staff"]) : []
        try await lab.superuser.run(
            """
            insert into statuses (id, author_id, text, visibility)
            values (\(id), \(author), \("Status \(word)"), \(visibility))
            """
        )
        try await setRoles(listed, of: id, in: lab)
        statuses[id] = Status(author: author, visibility: visibility, roles: listed)
        add(.status, id, author, word, .status(id))
    }

    mutating func addComment(in lab: TestLab) async throws {
        guard let status = statuses.keys.sorted(by: { $0.uuidString < $1.uuidString }).randomElement(using: &random)
        else { return }
        let (id, author, word) = (UUID(), anyone(), canary())
        try await lab.superuser.run(
            """
            insert into status_comments (id, status_id, author_id, text)
            values (\(id), \(status), \(author), \("Comment \(word)"))
            """
        )
        add(.comment, id, author, word, .status(status))
    }

    mutating func addSchedule(in lab: TestLab) async throws {
        let (id, author, word) = (UUID(), anyone(), canary())
        try await lab.superuser.run(
            """
            insert into lab_schedules (id, title, start_time, end_time, created_by)
            values (\(id), \("Event \(word)"), now(), now() + interval '1 hour', \(author))
            """
        )
        add(.schedule, id, author, word, .everyone)
    }

    mutating func addFile(in lab: TestLab) async throws {
        let (id, owner, word) = (UUID(), anyone(), canary())
        let bytes = Data("File \(word)".utf8)
        var place = Item.Place.owner
        var conversation: ConversationID?
        var status: UUID?
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            conversation = members.keys.sorted().randomElement(using: &random)
            if let conversation { place = .conversation(conversation) }
        case 1:
            status = statuses.keys.sorted { $0.uuidString < $1.uuidString }.randomElement(using: &random)
            if let status { place = .status(status) }
        default: break
        }
        try await lab.superuser.run(
            """
            insert into files (
                id, name, content_type, owner_id, conversation_id, status_id, object_key, size_bytes, sha256, state)
            values (\(id), \("\(word).txt"), 'text/plain', \(owner), \(conversation), \(status),
                \("files/\(id)"), \(bytes.count), \(word), 'queued')
            """
        )
        try await lab.objects().put(bytes, key: "files/\(id)")
        add(.file, id, owner, word, place)
    }

    /// In a bucket, or in a conversation's folder of it.
    mutating func addObject(in lab: TestLab) async throws {
        let (id, owner, word) = (UUID(), anyone(), canary())
        let bucket = Self.buckets.randomElement(using: &random) ?? "open"
        let bytes = Data("Object \(word)".utf8)
        var place = Item.Place.bucket(bucket)
        var folder = "folder"
        if Int.random(in: 0..<3, using: &random) == 0,
            let conversation = members.keys.sorted().randomElement(using: &random)
        {
            place = .conversation(conversation)
            folder = "conversations/\(conversation)"
        }
        try await lab.superuser.run(
            """
            insert into files (
                id, name, content_type, owner_id, bucket_id, path, object_key, size_bytes, sha256, state)
            values (\(id), \("\(word).txt"), 'text/plain', \(owner), \(bucket), \("\(folder)/\(word).txt"),
                \("files/\(id)"), \(bytes.count), '', 'queued')
            """
        )
        try await lab.objects().put(bytes, key: "files/\(id)")
        add(.file, id, owner, word, place)
        items[id]?.objectPath = "\(bucket)/\(folder)/\(word).txt"
    }

    /// As the superuser: that nobody may publish what others keep is tried elsewhere.
    private mutating func changeBucket(in lab: TestLab) async throws {
        guard let id = Self.buckets.randomElement(using: &random) else { return }
        let hasObjects = items.values.contains { if case .bucket(id) = $0.place { true } else { false } }
        if publicBuckets.remove(id) != nil {
            try await lab.superuser.run("update buckets set public = false where id = \(id)")
        } else if !hasObjects {
            publicBuckets.insert(id)
            try await lab.superuser.run("update buckets set public = true where id = \(id)")
        }
    }

    mutating func add(
        _ kind: SourceKind,
        _ id: UUID,
        _ author: UserID,
        _ canary: String,
        _ place: Item.Place
    ) {
        items[id] = Item(source: SourceReference(kind: kind, id: id), author: author, canary: canary, place: place)
    }

    private func setRoles(_ names: Set<String>, of status: UUID, in lab: TestLab) async throws {
        try await lab.superuser.run("delete from status_roles where status_id = \(status)")
        try await lab.superuser.run(
            """
            insert into status_roles (status_id, role_id)
            select \(status)::uuid, id from roles where name = any (\(Array(names))::text[])
            """
        )
    }

    // MARK: Change

    /// Takes somebody out, lets somebody in, changes an audience or a role, or deletes something.
    mutating func change(in lab: TestLab) async throws {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: try await toggleMembership(in: lab)
        case 1: try await toggleRole(in: lab)
        case 2: try await changeAudience(in: lab)
        case 3: try await deleteSomething(in: lab)
        case 4: try await addMessage(in: lab)
        case 5: try await changeBucket(in: lab)
        default: try await addStatus(in: lab)
        }
    }

    /// Lets somebody in or takes somebody out, gives a role or takes one.
    mutating func toggle(in lab: TestLab) async throws {
        if Bool.random(using: &random) { try await toggleMembership(in: lab) } else { try await toggleRole(in: lab) }
    }

    private mutating func toggleMembership(in lab: TestLab) async throws {
        guard let id = members.keys.sorted().randomElement(using: &random) else { return }
        let user = anyone()
        if members[id]?.remove(user) != nil {
            try await lab.superuser.run(
                "delete from conversation_members where conversation_id = \(id) and user_id = \(user)"
            )
        } else {
            members[id]?.insert(user)
            try await lab.superuser.run(
                "insert into conversation_members (conversation_id, user_id) values (\(id), \(user))"
            )
        }
    }

    private mutating func toggleRole(in lab: TestLab) async throws {
        let (user, name) = (anyone(), Self.roleNames.randomElement(using: &random) ?? "staff")
        if roles[user]?.remove(name) != nil {
            try await lab.superuser.run(
                """
                delete from user_roles
                where user_id = \(user) and role_id = (select id from roles where name = \(name))
                """
            )
        } else {
            roles[user]?.insert(name)
            try await lab.superuser.run(
                "insert into user_roles (user_id, role_id) select \(user)::uuid, id from roles where name = \(name)"
            )
        }
    }

    private mutating func changeAudience(in lab: TestLab) async throws {
        guard let id = statuses.keys.sorted(by: { $0.uuidString < $1.uuidString }).randomElement(using: &random)
        else { return }
        let visibility = ["public", "private", "role-based"].randomElement(using: &random) ?? "public"
        let listed = visibility == "role-based" ? Set([Self.roleNames.randomElement(using: &random) ?? "staff"]) : []
        try await lab.superuser.run("update statuses set visibility = \(visibility) where id = \(id)")
        try await setRoles(listed, of: id, in: lab)
        statuses[id]?.visibility = visibility
        statuses[id]?.roles = listed
    }

    private mutating func deleteSomething(in lab: TestLab) async throws {
        let candidates = items.values.filter { $0.source.kind == .message || $0.source.kind == .comment }
        guard let item = candidates.sorted(by: { $0.canary < $1.canary }).randomElement(using: &random) else { return }
        if item.source.kind == .message {
            try await lab.superuser.run("delete from messages where id = \(item.source.id)")
        } else {
            try await lab.superuser.run("delete from status_comments where id = \(item.source.id)")
        }
        items[item.source.id] = nil
    }
}
