public import Domain
import Foundation
public import Ingest

/// Pictures of files: read as labsync_app, by whoever sees the file, and written as labsync_ingest.
public struct ThumbnailRecords: ThumbnailStore {
    private let app: Database
    private let ingest: Database

    public init(app: Database, ingest: Database) {
        self.app = app
        self.ingest = ingest
    }

    /// What could not be drawn is tried again after a day: the machine may have been short of something.
    public func drawing(_ id: FileID, of objectKey: String, for principal: Principal) async throws -> Drawing? {
        let rows = try await app.query(
            """
            select picture from thumbnails
            where file_id = \(id) and object_key = \(objectKey)
                and (picture is not null or drawn_at > now() - interval '1 day')
            """,
            as: principal
        )
        guard let row = rows.first else { return nil }
        return Drawing(picture: try row.get("picture", as: [UInt8]?.self).map { Data($0) })
    }

    public func keep(_ drawing: Drawing, _ id: FileID, of objectKey: String) async throws {
        try await ingest.run(
            """
            insert into thumbnails (file_id, object_key, picture)
            select id, object_key, \(drawing.picture.map { [UInt8]($0) })::bytea from files
            where id = \(id) and object_key = \(objectKey)
            on conflict (file_id) do update
            set object_key = excluded.object_key, picture = excluded.picture, drawn_at = excluded.drawn_at
            """
        )
    }
}
