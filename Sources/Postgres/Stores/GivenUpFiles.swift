import Domain
import Foundation
import Ingest

/// Files whose jobs were given up: they say so, until they are tried again. Nobody is left to wonder about one that
/// waits for ever.
enum GivenUpFiles {
    /// Marks the files of jobs that are given up, where the leases still hold. One that was indexed before stays so.
    static func marked(_ failures: [FailedJob]) -> Statement {
        let final = failures.filter { $0.isFinal && $0.job.source.kind == .file }
        return """
            update files set state = 'unindexable', state_reason = given_up.explanation
            from unnest(
                \(final.map(\.job.source.id))::uuid[], \(final.map(\.job.id))::bigint[],
                \(final.map(\.job.leaseToken))::bigint[], \(final.map(\.explanation))::text[]
            ) as given_up (id, job, token, explanation)
            join index_jobs on index_jobs.id = given_up.job and index_jobs.lease_token = given_up.token
            where files.id = given_up.id and files.state = 'queued'
                -- Who holds it is changing it, and then it is read anew.
                and files.id in (
                    select id from files where id = any (\(final.map(\.job.source.id))::uuid[])
                    for no key update skip locked
                )
            """
    }

    /// Lets those of some dead jobs wait again, which orders them.
    static func revived(_ jobs: [Int64]) -> Statement {
        """
        update files set state = 'queued', state_reason = null
        where state = 'unindexable' and id in (
            select source_id from index_jobs where source_kind = 'file' and dead and id = any (\(jobs)::bigint[])
        )
        """
    }

    /// The same of all dead jobs.
    static let allRevived: Statement = """
        update files set state = 'queued', state_reason = null
        where state = 'unindexable' and id in (select source_id from index_jobs where source_kind = 'file' and dead)
        """
}
