import Foundation
import Logging

/// Writes a line for each message to standard error: time, level, metadata, message. Metadata is put into words only
/// when there is something to write, as every request brings some and few are told of.
struct LogLines: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level = .info
    private let label: String

    init(label: String) {
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = [metadata, metadataProvider?.get() ?? [:], event.metadata ?? [:]].reduce(into: Logger.Metadata()) {
            $0.merge($1) { $1 }
        }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let line = "\(time) \(event.level) \(label):\(details) [\(event.source)] \(event.message)"
        // One line, whatever somebody put into it.
        FileHandle.standardError.write(Data((line.replacing("\n", with: "\\n") + "\n").utf8))
    }
}
