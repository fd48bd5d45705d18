import Domain
import Foundation
public import Ingest

/// What is to be indexed again where it is.
extension GenerationRecords {
    public func enqueue(_ selection: ReindexSelection) async throws -> Int {
        var count = 0
        if Self.kinds(of: selection).contains(.file) { try await database.run(GivenUpFiles.allRevived) }
        for kind in Self.kinds(of: selection) {
            try await eachPage(of: kind, since: Self.since(selection)) { ids in
                try await database.withTransaction { transaction in
                    _ = try await transaction.run([
                        "select set_config('labsync.bulk', 'on', true)",
                        "select labsync.enqueue(\(kind.rawValue), \(ids)::uuid[])",
                    ])
                }
                count += ids.count
            }
        }
        return count
    }

    public func count(_ selection: ReindexSelection) async throws -> Int {
        guard selection != .pending else {
            return try await database.query(
                """
                select count(*) as count from index_jobs
                where not dead and generation_id = (select id from index_generations where state = 'serving')
                """
            )[0].get("count")
        }
        return try await database.query(
            """
            select count(*) as count from labsync.indexable()
            where kind = any (\(Self.kinds(of: selection).map(\.rawValue))::text[])
                and coalesce(since >= \(Self.since(selection))::timestamptz, true)
            """
        )[0].get("count")
    }

    func eachPage(
        of kind: SourceKind,
        since: String?,
        _ body: ([UUID]) async throws -> Void
    ) async throws {
        var after = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        while true {
            let ids: [UUID] = try await database.query(
                """
                select id from labsync.indexable()
                where kind = \(kind.rawValue) and id > \(after)::uuid
                    and coalesce(since >= \(since)::timestamptz, true)
                order by id limit \(Self.page)
                """
            ).map { try $0.get("id") }
            guard let last = ids.last else { return }
            try await body(ids)
            after = last
        }
    }

    private static func kinds(of selection: ReindexSelection) -> [SourceKind] {
        switch selection {
        case .kind(let kind): [kind]
        case .since: SourceKind.allCases
        case .pending: []
        }
    }

    private static func since(_ selection: ReindexSelection) -> String? {
        if case .since(let time) = selection { time } else { nil }
    }
}
