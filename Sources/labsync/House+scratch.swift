import Foundation

extension House {
    /// Lends a lab of its own, in a folder that is gone afterwards, whatever database is set.
    static func withScratch<Result: Sendable>(_ body: (House) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("labsync-eval-\(UUID().uuidString)")
            .path
        defer { try? FileManager.default.removeItem(atPath: folder) }  // What is left of it harms nobody.
        var settings = try await Settings.load(data: folder)
        settings.databaseURL = nil
        return try await with(settings, body)
    }
}
