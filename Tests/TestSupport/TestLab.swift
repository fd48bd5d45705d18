public import Assistant
public import Domain
import Extraction
import Foundation
public import Ingest
import Logging
import Outbound
public import Postgres
public import Retrieval

/// A lab in a database of its own: rows are written as the superuser, everything else goes the program's ways.
public struct TestLab: Sendable {
    public let connectionString: String
    /// As the server's requests, the workers and sign-in see it, and as nobody may: the superuser.
    public let app: Database
    public let ingest: Database
    public let identity: Database
    public let superuser: Database
    public let folder: String
    /// Whether PostgreSQL compares vectors.
    public let usesPgVector: Bool

    /// Of a new database.
    private static let firstGeneration: Int32 = 1

    /// Lends a lab and takes it down again.
    public static func with<Result: Sendable>(
        pgvector: Bool = false,
        _ body: (TestLab) async throws -> Result
    ) async throws -> Result {
        let cluster = pgvector ? TestCluster.withVectors : .usual
        let lab = try await TestLab(connectionString: cluster.makeDatabase(), usesPgVector: pgvector)
        do {
            let result = try await body(lab)
            await lab.close()
            return result
        } catch {
            await lab.close()
            throw error
        }
    }

    private init(connectionString: String, usesPgVector: Bool) throws {
        self.connectionString = connectionString
        self.usesPgVector = usesPgVector
        func pool(_ role: String?, _ size: Int) -> Database {
            TestCluster.pool(connectionString, role: role, size: size)
        }
        app = pool("labsync_app", 4)
        ingest = pool("labsync_ingest", 2)
        identity = pool("labsync_identity", 2)
        superuser = pool(nil, 2)
        folder = "\(NSTemporaryDirectory())labsync-lab-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func close() async {
        for pool in [app, ingest, identity, superuser] { await pool.close() }
        try? FileManager.default.removeItem(atPath: folder)  // Best effort: the folder is a temporary one.
    }

    public func addUser(_ name: String, roles: [String] = ["staff"]) async throws -> UserID {
        let id = UserID()
        try await superuser.withTransaction { transaction in
            _ = try await transaction.run([
                """
                insert into users (id, email, full_name)
                values (\(id), \(name.lowercased() + "@lab.example"), \(name))
                """,
                """
                insert into user_roles (user_id, role_id)
                select \(id)::uuid, id from roles where name = any (\(roles)::text[])
                """,
            ])
        }
        return id
    }

    public func addConversation(_ members: [UserID], isGroup: Bool = true) async throws -> ConversationID {
        let id = ConversationID()
        try await superuser.withTransaction { transaction in
            _ = try await transaction.run([
                "insert into conversations (id, name, is_group) values (\(id), 'topic', \(isGroup))",
                """
                insert into conversation_members (conversation_id, user_id)
                select \(id)::uuid, unnest(\(members)::uuid[])
                """,
            ])
        }
        return id
    }

    public func addMessage(_ text: String, by sender: UserID, in conversation: ConversationID) async throws -> MessageID
    {
        let id = MessageID()
        try await superuser.run(
            """
            insert into messages (id, conversation_id, sender_id, content)
            values (\(id), \(conversation), \(sender), \(text))
            """
        )
        return id
    }

    /// Indexes what waits and loads the index.
    public func indexed(_ embedder: any Embedder = WordEmbedder()) async throws -> SearchIndex {
        try await begin(embedder)
        try await worker(embedder).drain()
        let index = SearchIndex(dimension: embedder.dimension, keepsVectors: !usesPgVector)
        try await keeper(index, embedder).load()
        return index
    }

    /// Makes the first generation, so that what is written is ordered to be indexed.
    public func begin(_ embedder: any Embedder = WordEmbedder()) async throws {
        _ = try await GenerationRecords(ingest).ensureServing(
            embedder: embedder.name,
            dimension: embedder.dimension,
            recipe: Recipe.name
        )
    }

    /// The number of the serving generation.
    public func serving() async throws -> Int32 {
        try await ingest.query("select id from index_generations where state = 'serving'")[0].get("id")
    }

    public func worker(
        _ embedder: any Embedder = WordEmbedder(),
        duty: IndexWorker.Duty = .servingAndBuilding
    ) throws -> IndexWorker {
        IndexWorker(
            queue: IndexJobStore(ingest),
            files: try files(),
            shelf: OneEmbedder(embedder),
            duty: duty,
            logger: Logger(label: "tests")
        )
    }

    public func files() throws -> any TextExtractor {
        FileTextExtractor(objects: try objects(), logger: Logger(label: "tests"))
    }

    public func objects() throws -> any ObjectStore {
        try LocalObjectStore(
            folder: "\(folder)/objects",
            ring: KeyRing(path: "\(folder)/keys/objects.json"),
            isSealing: true
        )
    }

    public func keeper(_ index: SearchIndex, _ embedder: any Embedder = WordEmbedder()) -> IndexKeeper {
        IndexKeeper(
            serving: ServingIndex(index: index, embedder: embedder),
            passages: PassageStore(ingest, readsVectors: !usesPgVector),
            generations: GenerationRecords(ingest),
            shelf: OneEmbedder(embedder),
            vectors: usesPgVector ? PgVectorFiller(ingest) : nil,
            logger: Logger(label: "tests")
        )
    }

    public func search(_ index: SearchIndex, _ embedder: any Embedder = WordEmbedder()) -> SearchService {
        let evidence = EvidenceStore(app)
        return SearchService(
            grants: evidence,
            evidence: evidence,
            serving: serving(index, embedder),
            logger: Logger(label: "tests")
        )
    }

    /// What ranks for the search.
    public func ranking(_ index: SearchIndex) -> any VectorIndex {
        serving(index, WordEmbedder()).current.ranking
    }

    private func serving(_ index: SearchIndex, _ embedder: any Embedder) -> ServingIndex {
        let serving = ServingIndex(index: index, embedder: embedder)
        guard usesPgVector else { return serving }
        serving.serve(
            .init(generation: Self.firstGeneration, index: index, embedder: embedder, table: PgVectorTable(app))
        )
        return serving
    }
}
