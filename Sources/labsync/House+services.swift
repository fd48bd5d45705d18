import Assistant
import Domain
import Extraction
import Foundation
import Ingest
import Outbound
import Postgres
import Retrieval
import Server

/// The services, each made of what it needs.
extension House {
    func worker(_ duty: IndexWorker.Duty) throws -> IndexWorker {
        IndexWorker(
            queue: IndexJobStore(ingest),
            files: FileTextExtractor(objects: objects, logger: logger),
            shelf: embedders,
            duty: duty,
            logger: logger
        )
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

    /// An index with nothing in it yet, for the model that is set.
    func emptyIndex() throws -> ServingIndex {
        let embedder = try embedders.preferred()
        return ServingIndex(
            index: SearchIndex(dimension: embedder.dimension, keepsVectors: settings.index == .memory),
            embedder: embedder,
            table: settings.index == .pgvector ? PgVectorTable(app) : nil
        )
    }

    func keeper(_ serving: ServingIndex) -> IndexKeeper {
        IndexKeeper(
            serving: serving,
            passages: PassageStore(ingest, readsVectors: settings.index == .memory),
            generations: GenerationRecords(ingest),
            shelf: embedders.with(.question),
            vectors: settings.index == .pgvector ? PgVectorFiller(ingest) : nil,
            logger: logger
        )
    }

    func reindexer(limit: Int? = nil) throws -> Reindexer {
        let files = FileTextExtractor(objects: objects, logger: logger)
        return Reindexer(
            generations: GenerationRecords(ingest),
            worker: { [ingest, embedders, logger] duty in
                IndexWorker(
                    queue: IndexJobStore(ingest),
                    files: files,
                    shelf: embedders,
                    duty: duty,
                    logger: logger
                )
            },
            preferred: try embedders.preferred(),
            limit: limit,
            logger: logger
        )
    }

    func importer() throws -> JSONLImporter {
        JSONLImporter(sink: ImportStore(ingest), objects: objects, now: Date())
    }

    func search(_ serving: ServingIndex) -> SearchService {
        let evidence = EvidenceStore(app)
        return SearchService(grants: evidence, evidence: evidence, serving: serving, logger: logger)
    }

    func chatbot(_ search: SearchService) throws -> ChatbotService {
        ChatbotService(
            search: search,
            evidence: EvidenceStore(app),
            threads: ThreadRecords(app),
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

    /// Index and services for a program that asks a few questions and ends.
    func assistant() async throws -> (search: SearchService, chatbot: ChatbotService) {
        let serving = try emptyIndex()
        try await keeper(serving).load()
        let search = search(serving)
        return (search, try chatbot(search))
    }

    func sweeper() -> FileSweeper {
        FileSweeper(store: SweepRecords(ingest), objects: objects)
    }

    func files() throws -> LabsyncServer.Files {
        let quota = StorageQuota(perUser: settings.quotaPerUser, perLab: settings.quotaPerLab)
        return try .init(
            store: FileRecords(app, quota: quota),
            buckets: BucketRecords(app),
            bucketObjects: ObjectRecords(app, quota: quota),
            uploads: UploadRecords(app, quota: quota),
            objects: objects,
            keys: "\(settings.data)/keys",
            policy: StoragePolicy(
                largestFile: settings.largestFile,
                allowedTypes: settings.allowedTypes.isEmpty ? StoragePolicy.usualTypes : settings.allowedTypes
            ),
            thumbnails: Thumbnails(
                store: ThumbnailRecords(app: app, ingest: ingest),
                maker: FileThumbnailMaker(objects: objects, logger: logger)
            )
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
