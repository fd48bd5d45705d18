import Assistant
import Foundation
import Logging
import ServiceLifecycle

/// Sweeps now and then for as long as the server runs.
struct SweeperService: Service {
    let sweeper: FileSweeper
    let logger: Logger

    private static let pause: Duration = .seconds(3600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                // Ends early only when it is cancelled.
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func sweep() async {
        do {
            let report = try await sweeper.sweep(now: Date())
            guard !report.isClean else { return }
            let level: Logger.Level = report.missing.isEmpty ? .info : .error
            logger.log(
                level: level,
                "files swept",
                metadata: [
                    "objects.removed": "\(report.removedObjects)", "objects.unfinished": "\(report.unfinishedObjects)",
                    "uploads.expired": "\(report.expiredUploads)", "files.forgotten": "\(report.forgottenFiles)",
                    "objects.missing": "\(report.missing.prefix(10).joined(separator: " "))",
                ]
            )
        } catch {
            logger.warning("files were not swept", metadata: ["error": "\(error)"])
        }
    }
}
