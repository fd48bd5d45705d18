import Assistant
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Ingest

/// `/api/files`: rows by ordinary requests, bytes by signed addresses.
struct FileRoutes {
    let store: any FileStore
    let objects: any ObjectStore
    let tokens: FileTokens
    let policy: StoragePolicy
    let thumbnails: Thumbnails

    static let noFile = "No such file."

    func add(to router: some RouterMethods<LabsyncContext>) {
        router.group("/api/files")
            .get(use: list)
            .post("upload", use: announce)
            .get("download", use: link)
            .get("{id}", use: file)
            .patch("{id}", use: change)
            .delete("{id}", use: delete)
            .get("{id}/thumbnail", use: thumbnail)
            .get("{id}/versions", use: versions)
            .post("{id}/versions", use: announceVersion)
            .delete("{id}/links", use: endLinks)
            .post("{id}/complete", use: complete)
            .put("{id}/content", use: upload)
            .get("{id}/content", use: download)
    }

    // MARK: Rows

    @Sendable
    private func list(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let query = QueryParameters(request)
        let place = try Attachment(
            conversation: try query.id("conversation_id"),
            message: try query.id("message_id"),
            status: try query.id("status_id"),
            schedule: try query.id("schedule_id")
        )
        let page = try await store.files(FileFilter(attachment: place), try query.page(), for: principal)
        return .page(page, for: request)
    }

    @Sendable
    private func file(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        return .json(try await store.file(id, for: principal), for: request)
    }

    @Sendable
    private func change(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        var body = try await JSONBody(request, context)
        let name = try body.optionalText("name")
        let detaches = try body.optionalFlag("detach") ?? false
        let place = try attachment(&body)
        try body.requireNothingLeft()
        let moves = detaches || !place.isEmpty
        return .json(
            try await store.change(id, FileChange(name: name, attachment: moves ? place : nil), for: principal)
        )
    }

    @Sendable
    private func delete(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        await objects.discard(try await store.delete(id, for: principal))
        return Response(status: .noContent)
    }

    @Sendable
    private func versions(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        let id: FileID = try context.id("id", orElse: Self.noFile)
        return .list(try await store.versions(of: id, for: principal), for: request)
    }

    @Sendable
    private func endLinks(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let principal = try context.principal()
        try await store.endLinks(to: try context.id("id", orElse: Self.noFile), for: principal)
        return Response(status: .noContent)
    }

    func attachment(_ body: inout JSONBody) throws -> Attachment {
        try Attachment(
            conversation: try body.id("conversation_id"),
            message: try body.id("message_id"),
            status: try body.id("status_id"),
            schedule: try body.id("schedule_id")
        )
    }
}
