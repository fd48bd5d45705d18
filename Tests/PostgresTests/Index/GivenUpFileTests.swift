import Domain
import Ingest
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

/// Files that the server has no program for, or that fail to be read again and again.
struct GivenUpFileTests {
    @Test func `a file that no program here reads says so and waits no longer`() async throws {
        try await TestLab.with { lab in
            let (file, _) = try await givenUp(in: lab, MissingHere())
            let row = try await lab.ingest.query("select state, state_reason from files where id = \(file)")[0]
            let dead = try await JobRecords(lab.ingest).list(.dead, limit: 10)

            #expect(try row.get("state") == "unindexable")
            #expect(try row.get("state_reason") == "Nothing here reads it.")
            #expect(dead.map(\.attempts) == [3])
        }
    }

    @Test(arguments: [true, false])
    func `it is read once the program is there`(byJobs: Bool) async throws {
        try await TestLab.with { lab in
            let (file, reader) = try await givenUp(in: lab, MissingHere())
            reader.mend()
            if byJobs {
                #expect(try await JobRecords(lab.ingest).retry(.dead) == 1)
            } else {
                #expect(try await GenerationRecords(lab.ingest).enqueue(.kind(.file)) == 1)
            }
            let queued = try await lab.ingest.query("select state, state_reason from files where id = \(file)")[0]
            _ = try await worker(lab, reader).workOnce()
            let row = try await lab.ingest.query("select state, state_reason from files where id = \(file)")[0]
            let chunks = try await lab.ingest.query("select from chunks")

            #expect(try queued.get("state") == "queued")
            #expect(try queued.get("state_reason", as: String?.self) == nil)
            #expect(try row.get("state") == "indexed")
            #expect(chunks.count == 1)
        }
    }

    @Test func `a file that was indexed stays found when it cannot be read again`() async throws {
        try await TestLab.with { lab in
            let reader = Reader(MissingHere())
            reader.mend()
            let file = try await file(in: lab)
            _ = try await worker(lab, reader).workOnce()
            reader.spoil()
            try await lab.superuser.run("delete from file_texts")
            try await lab.ingest.run("select labsync.enqueue('file', array(select id from files))")
            try await fail(lab, reader)
            let row = try await lab.ingest.query("select state from files where id = \(file)")[0]
            let chunks = try await lab.ingest.query("select from chunks")

            #expect(try row.get("state") == "indexed")
            #expect(chunks.count == 1)
        }
    }

    // MARK: Arranging

    private func givenUp(in lab: TestLab, _ error: any Error) async throws -> (FileID, Reader) {
        let file = try await file(in: lab)
        let reader = Reader(error)
        try await fail(lab, reader)
        return (file, reader)
    }

    private func file(in lab: TestLab) async throws -> FileID {
        try await lab.begin()
        let owner = try await lab.addUser("Me")
        let id = FileID()
        try await lab.superuser.run(
            """
            insert into files (id, owner_id, name, content_type, size_bytes, sha256, object_key, state)
            values (\(id), \(owner), 'scan.pdf', 'application/pdf', 4, 'one', 'files/one', 'queued')
            """
        )
        return id
    }

    private func fail(_ lab: TestLab, _ reader: Reader) async throws {
        for _ in 0..<4 {
            _ = try await worker(lab, reader).workOnce()
            try await lab.superuser.run("update index_jobs set run_after = now()")
        }
    }

    private func worker(_ lab: TestLab, _ reader: Reader) -> IndexWorker {
        IndexWorker(
            queue: IndexJobStore(lab.ingest),
            files: reader,
            shelf: OneEmbedder(WordEmbedder()),
            duty: .serving,
            logger: Logger(label: "tests")
        )
    }
}

private struct MissingHere: StandingFailure {
    let explanation = "Nothing here reads it."
}

/// Fails until it is mended.
private final class Reader: TextExtractor {
    private let error: any Error
    private let isMended = Mutex(false)

    init(_ error: any Error) {
        self.error = error
    }

    func mend() { isMended.withLock { $0 = true } }
    func spoil() { isMended.withLock { $0 = false } }

    func text(of file: FileToRead) async throws -> ExtractedText {
        guard isMended.withLock({ $0 }) else { throw error }
        return ExtractedText([TextSection("The krypton lamp", at: "page 1")])
    }
}
