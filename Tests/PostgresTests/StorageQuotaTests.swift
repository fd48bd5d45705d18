import Assistant
import Domain
import Foundation
import Postgres
import TestSupport
import Testing

/// Quotas count what is there, what is kept and what is coming in, and hold when several store at once.
struct StorageQuotaTests {
    private static func object(_ size: Int) -> WholeObject {
        WholeObject(
            key: UUID().uuidString,
            digest: ObjectDigest(size: size, sha256: ""),
            contentType: "text/plain"
        )
    }

    private static func add(_ size: Int, to files: FileRecords, for principal: Principal) async throws -> FileID {
        let file = try NewFile(name: "f", contentType: "text/plain", attachment: Attachment())
        let id = try await files.announce(file, size: size, for: principal)
        _ = try await files.complete(id, with: object(size), for: principal)
        return id
    }

    @Test func `a member's files end at the quota, versions and uploads included`() async throws {
        try await TestLab.with { lab in
            let me = Principal(user: try await lab.addUser("Me"))
            let quota = StorageQuota(perUser: 100, perLab: 0)
            let files = FileRecords(lab.app, quota: quota)
            let uploads = UploadRecords(lab.app, quota: quota)
            let id = try await Self.add(60, to: files, for: me)
            let refused = await #expect(throws: PublicError.self) { try await Self.add(41, to: files, for: me) }
            #expect(refused?.code == .storageFull)

            let old = try await files.content(id, for: me).key
            #expect(try await files.replace(id, over: old, with: Self.object(30), for: me) != nil)
            await #expect(throws: PublicError.self) { try await Self.add(11, to: files, for: me) }
            let pending = try await files.announce(
                NewFile(name: "g", contentType: "text/plain", attachment: Attachment()),
                size: 0,
                for: me
            )
            let upload = NewUpload(target: .file(pending), contentType: "text/plain", length: 10)
            let begun = try await uploads.begin(upload, for: me)
            await #expect(throws: PublicError.self) { try await Self.add(1, to: files, for: me) }
            _ = try await uploads.cancel(begun, for: me)
            _ = try await Self.add(10, to: files, for: me)
            let other = Principal(user: try await lab.addUser("Other"))
            _ = try await Self.add(100, to: files, for: other)
        }
    }

    @Test func `of many who fill the lab at once only those who fit do`() async throws {
        try await TestLab.with { lab in
            let files = FileRecords(lab.app, quota: StorageQuota(perUser: 0, perLab: 100))
            var members: [Principal] = []
            for number in 0..<8 { members.append(Principal(user: try await lab.addUser("Member\(number)"))) }
            let stored = try await withThrowingTaskGroup(of: Bool.self) { group in
                for member in members {
                    group.addTask {
                        do {
                            _ = try await Self.add(30, to: files, for: member)
                            return true
                        } catch let error as PublicError where error.code == .storageFull {
                            return false
                        }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(stored == 3)
        }
    }
}
