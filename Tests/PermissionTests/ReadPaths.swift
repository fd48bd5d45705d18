import Assistant
import Domain
import Foundation
import Logging
import Postgres
import Retrieval
import TestSupport

/// Every way to read content, each as a function from an asker to the text that comes out. A new path joins here.
struct ReadPaths {
    struct Path {
        let name: String
        /// The kinds of content that the path must show in full.
        let kinds: Set<SourceKind>
        /// Must it show every object of a bucket?
        var showsObjects = false
        /// What is the owner's alone that it must show in full.
        var secrets: Set<World.Secret.Kind> = []
        let read: @Sendable (Principal) async throws -> String
    }

    let all: [Path]

    init(_ lab: TestLab, _ world: World, _ index: SearchIndex) {
        all = Self.tables(lab) + Self.lists(lab, world) + Self.single(lab, world) + Self.searches(lab, world, index)
    }

    /// The tables themselves, as the request role.
    static func tables(_ lab: TestLab) -> [Path] {
        func path(
            _ name: String,
            _ kinds: Set<SourceKind>,
            _ statement: Statement,
            secrets: Set<World.Secret.Kind> = []
        ) -> Path {
            Path(name: name, kinds: kinds, secrets: secrets) { principal in
                try await lab.app.query(statement, as: principal).map { try $0.get("text", as: String?.self) ?? "" }
                    .joined(separator: "\n")
            }
        }
        return [
            path("table messages", [.message], "select content as text from messages"),
            path("table statuses", [.status], "select text from statuses"),
            path("table status_comments", [.comment], "select text from status_comments"),
            path("table lab_schedules", [.schedule], "select title as text from lab_schedules"),
            path("table files", [.file], "select name as text from files"),
            path(
                "table chunks",
                Set(SourceKind.allCases),
                "select text || ' ' || coalesce(title, '') as text from chunks"
            ),
            path("table file_texts", [], "select text from file_texts"),
            path("table thumbnails", [], "select convert_from(picture, 'UTF8') as text from thumbnails"),
            path("table file_versions", [], "select sha256 as text from file_versions", secrets: [.version]),
            path("table uploads", [], "select user_metadata::text as text from uploads", secrets: [.upload]),
            path("table upload_parts", [], "select sha256 as text from upload_parts", secrets: [.upload]),
        ]
    }

    /// What the list endpoints read, page by page.
    static func lists(_ lab: TestLab, _ world: World) -> [Path] {
        let conversations = Array(world.members.keys)
        let statuses = world.statuses.keys.map { StatusID($0) }
        return [
            Path(name: "list conversations", kinds: []) { principal in
                try await everyPage { try await ChatRecords(lab.app).conversations($0, for: principal) }
            },
            Path(name: "list messages", kinds: [.message]) { principal in
                var text = ""
                for id in conversations {
                    text += try await orNothing {
                        try await everyPage {
                            try await ChatRecords(lab.app).messages(.conversation(id), $0, for: principal)
                        }
                    }
                }
                return text
            },
            Path(name: "feed", kinds: [.status]) { principal in
                try await everyPage { try await FeedRecords(lab.app).feed(author: nil, $0, for: principal) }
            },
            Path(name: "list comments", kinds: [.comment]) { principal in
                var text = ""
                for id in statuses {
                    text += try await orNothing {
                        try await everyPage { try await FeedRecords(lab.app).comments(on: id, $0, for: principal) }
                    }
                }
                return text
            },
            Path(name: "list schedules", kinds: [.schedule]) { principal in
                try await everyPage {
                    try await ScheduleRecords(lab.app).schedules(ScheduleFilter(), $0, for: principal)
                }
            },
        ]
    }

    /// Every row by its id, whoever asks.
    static func single(_ lab: TestLab, _ world: World) -> [Path] {
        let sources = world.items.values.map(\.source)
        return [
            Path(name: "get by id", kinds: [.message, .status, .comment, .schedule]) { principal in
                var text = ""
                for source in sources {
                    text += try await orNothing {
                        switch source.kind {
                        case .message:
                            try await ChatRecords(lab.app).message(MessageID(source.id), for: principal).text
                        case .status: try await FeedRecords(lab.app).status(StatusID(source.id), for: principal).text
                        case .comment: try await FeedRecords(lab.app).comment(CommentID(source.id), for: principal).text
                        case .schedule:
                            try await ScheduleRecords(lab.app).schedule(ScheduleID(source.id), for: principal).text
                        case .file: ""
                        }
                    }
                }
                return text
            }
        ]
    }

    /// Search by each leg, its candidates before they are read back, and the assistant's answer.
    static func searches(_ lab: TestLab, _ world: World, _ index: SearchIndex) -> [Path] {
        let service = lab.search(index)
        let ranking = lab.ranking(index)
        let canaries = world.items.values.map(\.canary).sorted()
        let sources = Dictionary(uniqueKeysWithValues: world.items.values.map { ($0.source, $0.canary) })
        var paths: [Path] = []
        for legs in [SearchRequest.Legs.dense, .lexical, .fused] {
            paths.append(
                Path(name: "search \(legs)", kinds: Set(SourceKind.allCases)) { principal in
                    let found = try await service.search(
                        .init(canaries.joined(separator: " "), limit: 100, legs: legs),
                        for: principal
                    )
                    return found.hits.map { "\($0.evidence.text) \($0.evidence.title ?? "")" }.joined(separator: "\n")
                }
            )
            paths.append(
                Path(name: "candidates \(legs)", kinds: Set(SourceKind.allCases)) { principal in
                    let grants = try await EvidenceStore(lab.app).grants(of: principal)
                    let query = canaries.joined(separator: " ")
                    let request = SearchRequest(
                        query: query,
                        embedding: try await WordEmbedder().embed([query])[0],
                        limit: 1000,
                        now: Date(),
                        legs: legs
                    )
                    return try await ranking.search(request, for: principal, admittedBy: grants).results
                        .compactMap { sources[$0.source] }.joined(separator: "\n")
                }
            )
        }
        // What each leg proposes, and all that is then fused, before anything is ranked or cut.
        let legs: [(name: String, kinds: Set<SourceKind>)] = [
            ("passage", Set(SourceKind.allCases)), ("beginning", [.file]), ("words", Set(SourceKind.allCases)),
            ("words around", Set(SourceKind.allCases)), ("fused", Set(SourceKind.allCases)),
        ]
        for leg in legs {
            paths.append(
                Path(name: "proposed by \(leg.name)", kinds: leg.kinds) { principal in
                    let grants = try await EvidenceStore(lab.app).grants(of: principal)
                    let query = canaries.joined(separator: " ")
                    // A named time proposes rows of its own.
                    let request = SearchRequest(
                        query: "\(query) today",
                        embedding: try await WordEmbedder().embed([query])[0],
                        limit: 1,
                        now: Date()
                    )
                    let found = try await ranking.candidates(request, for: principal, admittedBy: grants)
                    let proposed = leg.name == "fused" ? found.fused : found.legs[leg.name] ?? []
                    return proposed.compactMap { sources[$0] }.joined(separator: "\n")
                }
            )
        }
        paths.append(
            Path(name: "answer", kinds: []) { principal in
                let bot = try lab.chatbot(index)
                let question = canaries.prefix(12).joined(separator: " ")
                let answer = try await bot.answer(ChatbotQuestion(query: question), for: principal)
                // The question itself is the asker's own.
                return answer.answer + answer.citations.map(\.quote).joined()
            }
        )
        return paths
    }

    /// The table in which PostgreSQL compares vectors, whatever is asked of it.
    ///
    /// - Parameter isComplete: false while something waits to be indexed.
    static func vectors(_ lab: TestLab, _ world: World, isComplete: Bool = true) -> [Path] {
        let sources = Dictionary(uniqueKeysWithValues: world.items.values.map { ($0.source, $0.canary) })
        let kinds = isComplete ? Set(SourceKind.allCases) : []
        return [
            Path(name: "table passage_vectors", kinds: kinds) { principal in
                try await lab.app.query("select source_kind, source_id from passage_vectors", as: principal)
                    .compactMap { row in
                        guard let kind = SourceKind(rawValue: try row.get("source_kind")) else { return nil }
                        return sources[SourceReference(kind: kind, id: try row.get("source_id"))]
                    }
                    .joined(separator: "\n")
            },
            Path(name: "nearest vectors", kinds: kinds) { principal in
                // Asks for every scope there is, as nothing but the policies may say no.
                let scopes = try await lab.ingest.query("select distinct scope from chunks")
                let view = VectorView(
                    generation: try await lab.serving(),
                    scopes: try scopes.compactMap { Scope(try $0.get("scope", as: String.self)) },
                    passages: 0
                )
                let question = try await WordEmbedder().embed(["anything at all"])[0]
                let found = try await PgVectorTable(lab.app).nearest(
                    [.passage, .beginning],
                    to: question,
                    10_000,
                    in: view,
                    for: principal
                )
                return found.values.joined().compactMap { sources[$0.source] }.joined(separator: "\n")
            },
        ]
    }

    private static func everyPage(_ page: (PageRequest) async throws -> Page) async throws -> String {
        var text = ""
        var request = PageRequest(.before(nil), limit: 3)
        while true {
            let found = try await page(request)
            text += found.rows.map(\.text).joined(separator: "\n")
            guard let next = found.next else { return text }
            request = PageRequest(.before(.cursor(next)), limit: 3)
        }
    }

    private static func orNothing(_ read: () async throws -> String) async throws -> String {
        do {
            return try await read()
        } catch let error as PublicError where error.code == .notFound {
            return ""
        }
    }
}
