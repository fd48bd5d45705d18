import Assistant
import Domain
import Foundation
import Ingest
import Outbound
import Postgres
import Retrieval
import Server

/// The services, each made of what it needs.
extension House {
    func objects() throws -> any ObjectStore {
        try LocalObjectStore(folder: "\(settings.data)/objects")
    }

    func embedder() throws -> any Embedder {
        switch settings.embedder {
        case .minilm:
            return try MiniLM(
                directory: settings.modelFolder,
                width: max(1, min(4, ProcessInfo.processInfo.activeProcessorCount))
            )
        case .openai:
            return RemoteEmbedder(
                model: settings.embeddingModel,
                dimension: settings.embeddingDimension,
                upstream: upstream(settings.openAIBaseURL, settings.openAIKey, timeout: .seconds(60))
            )
        }
    }

    func worker(_ embedder: any Embedder) throws -> IndexWorker {
        IndexWorker(queue: IndexJobStore(ingest), objects: try objects(), embedder: embedder, logger: logger)
    }

    func issuer(revoked: RevokedFamilies = RevokedFamilies()) async throws -> BuiltInIssuer {
        try await BuiltInIssuer(
            name: settings.issuer ?? "labsync",
            keyFolder: "\(settings.data)/keys",
            revoked: revoked
        )
    }

    /// Who may come in: the built-in issuer always, Clerk where it is set up, members' own tokens.
    func signIn() async throws -> (accounts: Accounts, verifier: TokenVerifiers) {
        let store = AccountRecords(identity)
        let revoked = RevokedFamilies()
        let issuer = try await issuer(revoked: revoked)
        let clerk = settings.clerkIssuer.map { address in
            let keys = DocumentFetcher(client: HTTPClient(), url: "\(address)/.well-known/jwks.json")
            return ClerkVerifier(
                issuer: address,
                authorizedParties: Set(settings.authorizedParties),
                accounts: store,
                fetchKeys: { try await keys.fetch() }
            )
        }
        return (
            Accounts(store: store, issuer: issuer, revoked: revoked, isSignUpOpen: settings.openSignUp),
            TokenVerifiers(builtIn: issuer, clerk: clerk, personal: PersonalTokens(accounts: store))
        )
    }

    func keeper(_ index: SearchIndex, _ embedder: any Embedder) -> IndexKeeper {
        IndexKeeper(
            index: index,
            passages: PassageStore(ingest),
            generations: GenerationRecords(ingest),
            embedder: embedder,
            logger: logger
        )
    }

    func reindexer(_ embedder: any Embedder) throws -> Reindexer {
        Reindexer(
            generations: GenerationRecords(ingest),
            worker: try worker(embedder),
            embedder: embedder,
            logger: logger
        )
    }

    func importer() throws -> JSONLImporter {
        JSONLImporter(sink: ImportStore(ingest), objects: try objects(), now: Date())
    }

    func search(_ index: SearchIndex, _ embedder: any Embedder) -> SearchService {
        let evidence = EvidenceStore(app)
        return SearchService(grants: evidence, evidence: evidence, index: index, embedder: embedder, logger: logger)
    }

    func chatbot(_ search: SearchService, _ embedder: any Embedder) throws -> ChatbotService {
        ChatbotService(
            search: search,
            evidence: EvidenceStore(app),
            threads: ThreadRecords(app),
            embedder: embedder,
            model: settings.languageModel.map { model in
                ChatCompletions(
                    name: model.name,
                    upstream: upstream(model.baseURL, model.key, timeout: model.replyTimeout)
                )
            },
            prompts: try Self.prompts(),
            calendar: CalendarRecords(app),
            firstWeekday: settings.firstWeekday,
            ledger: UsageRecords(app),
            budget: TokenBudget(perUser: settings.tokensPerUser, perLab: settings.tokensPerLab),
            answers: AnswerRecords(app),
            logger: logger
        )
    }

    func workspace() -> LabsyncServer.Workspace {
        .init(
            chat: ChatRecords(app),
            feed: FeedRecords(app),
            schedules: ScheduleRecords(app),
            members: MemberRecords(app)
        )
    }

    /// Index, embedder and services for a program that asks a few questions and ends.
    func assistant() async throws -> (search: SearchService, chatbot: ChatbotService) {
        let embedder = try embedder()
        let index = SearchIndex(dimension: embedder.dimension)
        try await keeper(index, embedder).load()
        let search = search(index, embedder)
        return (search, try chatbot(search, embedder))
    }

    func files() throws -> LabsyncServer.Files {
        .init(
            store: FileRecords(app),
            objects: try objects(),
            tokens: try FileTokens(keyFile: "\(settings.data)/keys/files.key"),
            largestFile: settings.largestFile
        )
    }

    private func upstream(_ baseURL: String, _ key: String?, timeout: Duration) -> Upstream {
        Upstream(client: HTTPClient(), baseURL: baseURL, key: key, timeout: timeout)
    }

    private static func prompts() throws -> Prompts {
        let folder = Installation.folder("prompts")
        return try Prompts.load { name in
            guard let text = try? String(contentsOfFile: "\(folder)/\(name).md", encoding: .utf8) else {
                throw Failure("Cannot read the prompt \(folder)/\(name).md; run labsync from its folder.")
            }
            return text
        }
    }
}
