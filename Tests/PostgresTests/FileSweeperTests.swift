import Assistant
import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// No object without its row, no row without its object, and nothing that is just being written is touched.
struct FileSweeperTests {
    private static func stored(_ files: FileRecords, _ objects: any ObjectStore, for me: Principal) async throws
        -> (id: FileID, key: String)
    {
        let file = try NewFile(name: "f", contentType: "text/plain", attachment: Attachment())
        let (id, key) = (try await files.announce(file, size: 0, for: me), "files/\(UUID().uuidString)")
        try await objects.put(Data("content".utf8), key: key)
        let digest = ObjectDigest(size: 7, sha256: "")
        let object = WholeObject(key: key, digest: digest, contentType: "text/plain")
        #expect(try await files.complete(id, with: object, for: me))
        return (id, key)
    }

    @Test func `what has no counterpart is removed or named, the rest stays`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: try await lab.addUser("Me"))
            let (files, objects) = (FileRecords(lab.app), try lab.objects())
            let sweeper = FileSweeper(store: SweepRecords(lab.ingest), objects: objects)
            var kept: [String] = []
            for _ in 0..<5 { kept.append(try await Self.stored(files, objects, for: me).key) }
            let lost = try await Self.stored(files, objects, for: me)
            _ = try await objects.delete(lost.key, unlessChangedSince: .distantFuture)
            let orphan = "files/\(UUID().uuidString)"
            try await objects.put(Data("orphan".utf8), key: orphan)
            let part = "\(lab.folder)/objects/files/.left.partial"
            try Data("half".utf8).write(to: URL(filePath: part))

            let early = try await sweeper.sweep(now: Date())
            #expect(early.removedObjects == 0 && early.missing == [lost.key])
            #expect(try await objects.contains(orphan))
            let state = try await lab.superuser.query("select state from files where id = \(lost.id)")
            #expect(try state.first?.get("state") == "unindexable")

            let late = try await sweeper.sweep(now: Date() + 4000)
            #expect(late.removedObjects == 1)
            #expect(try await !objects.contains(orphan))
            #expect(FileManager.default.fileExists(atPath: part))
            #expect(try await sweeper.sweep(now: Date() + 90_000).unfinishedObjects == 1)
            for key in kept { #expect(try await objects.contains(key)) }
        }
    }

    @Test func `an upload that nobody continues ends, and its parts go`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: try await lab.addUser("Me"))
            let (files, objects, uploads) = (FileRecords(lab.app), try lab.objects(), UploadRecords(lab.app))
            let sweeper = FileSweeper(store: SweepRecords(lab.ingest), objects: objects)
            let file = try NewFile(name: "f", contentType: "text/plain", attachment: Attachment())
            let id = try await files.announce(file, size: 0, for: me)
            let upload = NewUpload(target: .file(id), contentType: "text/plain", length: 100)
            let begun = try await uploads.begin(upload, for: me)
            let key = "files/\(UUID().uuidString)"
            try await objects.put(Data("part".utf8), key: key)
            let part = UploadPart(start: 0, key: key, digest: ObjectDigest(size: 4, sha256: ""))
            #expect(try await uploads.add(part, to: begun, for: me))
            #expect(try await sweeper.sweep(now: Date() + 4000).isClean)

            try await lab.superuser.run("update uploads set expires_at = now() - interval '1 second'")
            let report = try await sweeper.sweep(now: Date() + 200_000)
            #expect(report.expiredUploads == 1 && report.removedObjects == 1 && report.forgottenFiles == 1)
        }
    }

    @Test func `pages follow each other in the order of keys`() async throws {
        try await TestLab.with { lab in
            let objects = try lab.objects()
            let keys = ["a/1", "a/2", "a-b/3", "a0/4", "b", "files/a/5", "files/b"]
            for key in keys { try await objects.put(Data(), key: key) }
            var listed: [String] = []
            while true {
                let page = try await objects.list(after: listed.last, limit: 2)
                listed += page.map(\.key)
                guard page.count == 2 else { break }
            }
            #expect(listed == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
    }
}
