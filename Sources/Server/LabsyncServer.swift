public import Assistant
public import Domain
public import Hummingbird
public import Logging
public import ServiceLifecycle

/// The HTTP server with all its routes.
public struct LabsyncServer: Sendable {
    public struct Services: Sendable {
        let search: SearchService
        let chatbot: ChatbotService
        let issuer: BuiltInIssuer
        let checkReadiness: @Sendable () async throws -> Void
        let publicError: @Sendable (any Error) -> PublicError?

        public init(
            search: SearchService,
            chatbot: ChatbotService,
            issuer: BuiltInIssuer,
            checkReadiness: @escaping @Sendable () async throws -> Void,
            publicError: @escaping @Sendable (any Error) -> PublicError?
        ) {
            self.search = search
            self.chatbot = chatbot
            self.issuer = issuer
            self.checkReadiness = checkReadiness
            self.publicError = publicError
        }
    }

    /// - Parameter onReady: told the port that it really listens on.
    public static func application(
        _ services: Services,
        host: String,
        port: Int,
        allowedOrigins: [String],
        logger: Logger,
        onReady: @escaping @Sendable (Int) async -> Void
    ) -> some ApplicationProtocol & Service {
        Application(
            router: router(services, allowedOrigins: allowedOrigins),
            configuration: .init(address: .hostname(host, port: port), serverName: nil),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }

    static func router(_ services: Services, allowedOrigins: [String]) -> Router<LabsyncContext> {
        let router = Router(context: LabsyncContext.self)
        router.add(middleware: PublicErrorMiddleware(publicError: services.publicError))
        router.add(
            middleware: AuthenticationMiddleware(verifier: services.issuer, allowedOrigins: Set(allowedOrigins))
        )
        SystemRoutes(issuer: services.issuer, checkReadiness: services.checkReadiness).add(to: router)
        SearchRoutes(service: services.search).add(to: router)
        ChatbotRoutes(service: services.chatbot).add(to: router)
        return router
    }
}
