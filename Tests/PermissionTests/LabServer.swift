import Assistant
import Domain
import Foundation
import FoundationNetworking
import Ingest
import Logging
import Postgres
import Retrieval
import Server
import ServiceLifecycle
import TestSupport

/// A lab's server on a free port of this machine, with every route and middleware as it is served.
struct LabServer: Sendable {
    struct Reply {
        let status: Int
        let body: String
        let headers: [String: String]

        /// Without the number of the request, which every reply has its own.
        var bodyWithoutRequest: String { body.replacing(/"request_id":"[0-9a-f]*"/, with: "") }
    }

    private let port: Int
    private var address: String { "http://127.0.0.1:\(port)" }
    private let issuer: BuiltInIssuer

    /// Without the change feed, which reads do not need.
    static func with<Value: Sendable>(
        _ lab: TestLab,
        _ index: SearchIndex,
        _ body: (LabServer) async throws -> Value
    ) async throws -> Value {
        try await run(lab, index, RealtimeHub(limits: RealtimeLimits()), [], body)
    }

    /// With everybody told of what is committed.
    static func following(_ lab: TestLab, _ body: (LabServer) async throws -> Void) async throws {
        let index = SearchIndex(dimension: WordEmbedder().dimension)
        let hub = RealtimeHub(limits: RealtimeLimits())
        var logger = Logger(label: "tests")
        logger.logLevel = .critical
        let feed = try await ChangeFeed(
            connectionString: lab.connectionString,
            database: lab.ingest,
            keeper: lab.keeper(index),
            listener: hub,
            logger: logger
        )
        try await run(lab, index, hub, [feed, hub], body)
    }

    private static func run<Value: Sendable>(
        _ lab: TestLab,
        _ index: SearchIndex,
        _ hub: RealtimeHub,
        _ others: [any Service],
        _ body: (LabServer) async throws -> Value
    ) async throws -> Value {
        var quiet = Logger(label: "tests")
        quiet.logLevel = .critical
        let logger = quiet
        let issuer = try await BuiltInIssuer(name: "labsync", keyFolder: "\(lab.folder)/keys")
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = LabsyncServer.application(
            try services(lab, index, hub, issuer, logger),
            host: "127.0.0.1",
            port: 0,
            policy: .init(allowedOrigins: [], requestsPerMinute: 0, proxies: .none),
            logger: logger,
            onReady: { continuation.yield($0) }
        )
        let group = ServiceGroup(services: others + [application], logger: logger)
        async let running: Void = group.run()
        var port = 0
        for await ready in ports {
            port = ready
            break
        }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(LabServer(port: port, issuer: issuer)))
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await running
        return try result.get()
    }

    func realtime(as user: UserID) async throws -> RealtimeClient {
        try await RealtimeClient(port: port, token: try await issuer.token(for: user, seconds: 600))
    }

    func events(_ path: String, as user: UserID, after last: String? = nil) async throws -> EventStreamClient {
        let token = try await issuer.token(for: user, seconds: 600)
        return try await EventStreamClient(port: port, path: path, token: token, after: last)
    }

    func get(_ path: String, _ headers: [String: String] = [:], as principal: Principal) async throws -> Reply {
        try await send("GET", path, nil, headers, principal)
    }

    func post(_ path: String, _ body: [String: Any], as principal: Principal) async throws -> Reply {
        try await send("POST", path, try JSONSerialization.data(withJSONObject: body), [:], principal)
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: Data?,
        _ headers: [String: String],
        _ principal: Principal
    ) async throws -> Reply {
        guard let url = URL(string: address + path) else { throw URLError(.badURL) }
        var request = URLRequest(url: url, timeoutInterval: 30)
        request.httpMethod = method
        request.httpBody = body
        let token = try await issuer.token(for: principal.user, seconds: 60)
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.setValue("application/json, text/event-stream", forHTTPHeaderField: "Accept")
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        // A cache of the tests' own would answer in the server's place.
        request.cachePolicy = .reloadIgnoringLocalCacheData
        let (data, response) = try await URLSession.shared.data(for: request)
        let http = response as? HTTPURLResponse
        let headers = (http?.allHeaderFields ?? [:]).reduce(into: [:]) { $0["\($1.key)".lowercased()] = "\($1.value)" }
        return Reply(status: http?.statusCode ?? 0, body: String(decoding: data, as: UTF8.self), headers: headers)
    }

    private static func services(
        _ lab: TestLab,
        _ index: SearchIndex,
        _ hub: RealtimeHub,
        _ issuer: BuiltInIssuer,
        _ logger: Logger
    ) throws -> LabsyncServer.Services {
        let accounts = AccountRecords(lab.identity)
        let chatbot = try lab.chatbot(index)
        return .init(
            search: lab.search(index),
            chatbot: chatbot,
            doors: .init(
                embedder: WordEmbedder(),
                calendar: CalendarRecords(lab.app),
                roomAssistant: RoomAssistant(
                    chatbot: chatbot,
                    voice: AssistantVoice(lab.app),
                    timeZone: .gmt,
                    logger: logger
                )
            ),
            workspace: .init(
                chat: ChatRecords(lab.app),
                feed: FeedRecords(lab.app),
                schedules: ScheduleRecords(lab.app),
                members: MemberRecords(lab.app)
            ),
            files: try .init(
                store: FileRecords(lab.app),
                buckets: BucketRecords(lab.app),
                bucketObjects: ObjectRecords(lab.app),
                uploads: UploadRecords(lab.app),
                objects: try lab.objects(),
                keys: lab.folder,
                policy: StoragePolicy(largestFile: 1 << 20),
                thumbnails: Thumbnails(
                    store: ThumbnailRecords(app: lab.app, ingest: lab.ingest),
                    maker: FaithfulMaker(objects: try lab.objects())
                )
            ),
            issuer: issuer,
            verifier: TokenVerifiers(builtIn: issuer, clerk: nil, personal: PersonalTokens(accounts: accounts)),
            accounts: Accounts(store: accounts, issuer: issuer, revoked: RevokedFamilies(), isSignUpOpen: false),
            clerkWebhookSecret: nil,
            realtime: hub,
            gauges: { [:] },
            checkReadiness: {},
            publicError: { ($0 as? PostgresError)?.publicError }
        )
    }
}

/// Draws files as what is in them, so that a picture tells whose it is.
private struct FaithfulMaker: ThumbnailMaker {
    let objects: any ObjectStore

    func thumbnail(of file: FileToRead) async throws -> Data? {
        try await objects.read(file.objectKey, from: 0, count: 1 << 20)
    }
}

extension TestLab {
    /// The assistant without a language model.
    func chatbot(_ index: SearchIndex) throws -> ChatbotService {
        let prompt = try Prompt(text: "{{now}} {{passages}}", placeholders: ["now", "passages"], name: "test")
        return ChatbotService(
            search: search(index),
            evidence: EvidenceStore(app),
            threads: ThreadRecords(app),
            model: nil,
            prompts: Prompts(answer: prompt, room: prompt, rewrite: nil),
            calendar: CalendarRecords(app),
            answers: AnswerRecords(app),
            logger: Logger(label: "tests")
        )
    }
}
