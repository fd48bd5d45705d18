public import Assistant
public import Domain
public import Hummingbird
import HummingbirdCore
public import Ingest
public import Logging
public import Retrieval
public import ServiceLifecycle

/// The HTTP server with all its routes.
public struct LabsyncServer: Sendable {
    public struct Services: Sendable {
        let search: SearchService
        let chatbot: ChatbotService
        let doors: Doors
        let workspace: Workspace
        let files: Files
        let issuer: BuiltInIssuer
        let verifier: any TokenVerifier
        let accounts: Accounts
        let clerkWebhook: ClerkWebhook?
        let realtime: RealtimeHub
        let gauges: @Sendable () async -> [String: Double]
        let checkReadiness: @Sendable () async throws -> Void
        let publicError: @Sendable (any Error) -> PublicError?

        public init(
            search: SearchService,
            chatbot: ChatbotService,
            doors: Doors,
            workspace: Workspace,
            files: Files,
            issuer: BuiltInIssuer,
            verifier: any TokenVerifier,
            accounts: Accounts,
            clerkWebhookSecret: String?,
            realtime: RealtimeHub,
            gauges: @escaping @Sendable () async -> [String: Double],
            checkReadiness: @escaping @Sendable () async throws -> Void,
            publicError: @escaping @Sendable (any Error) -> PublicError?
        ) {
            self.search = search
            self.chatbot = chatbot
            self.doors = doors
            self.workspace = workspace
            self.files = files
            self.issuer = issuer
            self.verifier = verifier
            self.accounts = accounts
            clerkWebhook = clerkWebhookSecret.flatMap(ClerkWebhook.init)
            self.realtime = realtime
            self.gauges = gauges
            self.checkReadiness = checkReadiness
            self.publicError = publicError
        }
    }

    /// What the doors for other programs need beside search and chatbot.
    public struct Doors: Sendable {
        let embedder: any Embedder
        let calendar: any CalendarReader
        let roomAssistant: RoomAssistant

        public init(embedder: any Embedder, calendar: any CalendarReader, roomAssistant: RoomAssistant) {
            self.embedder = embedder
            self.calendar = calendar
            self.roomAssistant = roomAssistant
        }
    }

    /// Files' rows and bytes.
    public struct Files: Sendable {
        let store: any FileStore
        let buckets: any BucketStore
        let bucketObjects: any BucketObjectStore
        let uploads: any UploadStore
        let objects: any ObjectStore
        let tokens: FileTokens
        let storageTokens: StorageTokens
        let policy: StoragePolicy
        let thumbnails: Thumbnails

        /// - Parameter keys: the folder of the secrets that addresses are signed with.
        public init(
            store: any FileStore,
            buckets: any BucketStore,
            bucketObjects: any BucketObjectStore,
            uploads: any UploadStore,
            objects: any ObjectStore,
            keys: String,
            policy: StoragePolicy,
            thumbnails: Thumbnails
        ) throws {
            self.store = store
            self.buckets = buckets
            self.bucketObjects = bucketObjects
            self.uploads = uploads
            self.objects = objects
            tokens = try FileTokens(keyFile: "\(keys)/files.key")
            storageTokens = try StorageTokens(keyFile: "\(keys)/storage.key")
            self.policy = policy
            self.thumbnails = thumbnails
        }
    }

    /// What requests are allowed, beyond permissions.
    public struct RequestPolicy: Sendable {
        /// Pages of other sites that may act with a cookie.
        let allowedOrigins: [String]
        /// For each user or address; zero is without limit.
        let requestsPerMinute: Int
        let proxies: TrustedProxies

        public init(allowedOrigins: [String], requestsPerMinute: Int, proxies: TrustedProxies) {
            self.allowedOrigins = allowedOrigins
            self.requestsPerMinute = requestsPerMinute
            self.proxies = proxies
        }
    }

    /// The stores of the everyday endpoints.
    public struct Workspace: Sendable {
        let chat: any ChatStore
        let feed: any FeedStore
        let schedules: any ScheduleStore
        let members: any MemberStore

        public init(
            chat: any ChatStore,
            feed: any FeedStore,
            schedules: any ScheduleStore,
            members: any MemberStore
        ) {
            self.chat = chat
            self.feed = feed
            self.schedules = schedules
            self.members = members
        }
    }

    /// - Parameter onReady: told the port that it really listens on.
    public static func application(
        _ services: Services,
        host: String,
        port: Int,
        policy: RequestPolicy,
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol & Service {
        Application(
            router: router(services, policy),
            server: HTTPServerBuilder { LoopBoundChannel($0) },
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    static func router(_ services: Services, _ policy: RequestPolicy) -> Router<LabsyncContext> {
        let router = Router(context: LabsyncContext.self, options: .autoGenerateHeadEndpoints)
        let metrics = RequestMetrics()
        router.add(middleware: ThreadMiddleware())
        router.add(middleware: MetricsMiddleware(metrics: metrics))
        let problems = PublicErrorMiddleware(publicError: services.publicError)
        router.add(middleware: problems)
        router.add(middleware: ClientAddressMiddleware(proxies: policy.proxies))
        router.add(
            middleware: AuthenticationMiddleware(
                verifier: services.verifier,
                members: services.workspace.members,
                allowedOrigins: Set(policy.allowedOrigins)
            )
        )
        router.add(middleware: RateLimitMiddleware(perMinute: policy.requestsPerMinute, problems: problems))
        let changes = ChangeStream(hub: services.realtime)
        SystemRoutes(
            issuer: services.issuer,
            metrics: metrics,
            gauges: services.gauges,
            checkReadiness: services.checkReadiness
        ).add(to: router)
        SearchRoutes(service: services.search).add(to: router)
        ChatbotRoutes(service: services.chatbot).add(to: router)
        OpenAIRoutes(chatbot: services.chatbot, embedder: services.doors.embedder).add(to: router)
        MCPRoutes(
            tools: MCPTools(search: services.search, chatbot: services.chatbot, calendar: services.doors.calendar),
            allowedOrigins: Set(policy.allowedOrigins)
        ).add(to: router)
        ChatRoutes(store: services.workspace.chat, assistant: services.doors.roomAssistant, changes: changes).add(
            to: router
        )
        FeedRoutes(store: services.workspace.feed, changes: changes).add(to: router)
        ScheduleRoutes(store: services.workspace.schedules).add(to: router)
        FileRoutes(
            store: services.files.store,
            objects: services.files.objects,
            tokens: services.files.tokens,
            policy: services.files.policy,
            thumbnails: services.files.thumbnails
        ).add(to: router)
        StorageRoutes(
            buckets: services.files.buckets,
            store: services.files.bucketObjects,
            objects: services.files.objects,
            tokens: services.files.storageTokens,
            policy: services.files.policy
        ).add(to: router)
        ResumableRoutes(
            uploads: ResumableUploads(
                store: services.files.uploads,
                buckets: services.files.buckets,
                objects: services.files.objects,
                policy: services.files.policy
            ),
            files: services.files.store,
            buckets: services.files.buckets,
            bucketObjects: services.files.bucketObjects,
            tokens: services.files.storageTokens,
            policy: services.files.policy
        ).add(to: router)
        RealtimeRoutes(
            hub: services.realtime,
            gate: RealtimeGate(verifier: services.verifier, members: services.workspace.members),
            allowedOrigins: Set(policy.allowedOrigins)
        ).add(to: router)
        MemberRoutes(store: services.workspace.members).add(to: router)
        CalendarFeedRoutes(accounts: services.accounts.store, schedules: services.workspace.schedules).add(to: router)
        AuthRoutes(
            accounts: services.accounts,
            members: services.workspace.members,
            webhook: services.clerkWebhook
        ).add(to: router)
        describe(router)
        return router
    }

    /// Adds `/openapi.json`, which describes the routes that are there by now, itself included.
    private static func describe(_ router: Router<LabsyncContext>) {
        var routes = router.routes.map { (method: "\($0.method)", path: "\($0.path)") }
        routes.append((method: "GET", path: "/openapi.json"))
        let document = Result { try OpenAPI.document(routes) }
        router.get("/openapi.json") { request, _ in
            Response.json(JSONText(String(decoding: try document.get(), as: UTF8.self)), for: request)
        }
    }
}
