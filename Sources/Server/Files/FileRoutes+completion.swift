import Assistant
import Domain
import Foundation
import Hummingbird

/// Bytes that went to the object store past the server: nobody can fetch them before it has looked at them.
extension FileRoutes {
    /// Reads them once and stores what it read, so that what was looked at is what is kept, whatever is put meanwhile.
    @Sendable
    func complete(_ request: Request, _ context: LabsyncContext) async throws -> Response {
        let (id, permission) = try permission(.complete, request, context)
        guard let staged = permission.staged else { throw Self.invalidAddress }
        guard let size = try await objects.stagedSize(of: staged) else {
            throw PublicError(
                .conflict,
                "The bytes are not there, or were taken already. PUT them first, or announce the file again."
            )
        }
        do {
            guard size == permission.size else {
                throw PublicError(.invalid, "\(size) bytes came instead of the \(permission.size) that were announced.")
            }
            let row = try await receive(try await objects.bytes(of: staged, in: 0..<size), id, permission)
            await objects.discard([staged])
            return .json(row)
        } catch let error as PublicError where ![.unavailable, .storageFull].contains(error.code) {
            // Refused for what they are, they would be refused again.
            await objects.discard([staged])
            throw error
        }
    }
}
