public import Domain
import Foundation
public import Ingest
public import Logging

/// Reads the text of files: what is text already by itself, everything else by programs that are held in a sandbox.
public struct FileTextExtractor: TextExtractor {
    private let objects: any ObjectStore
    private let logger: Logger
    private let cell = ConfinementCell()

    public init(objects: any ObjectStore, logger: Logger) {
        self.objects = objects
        self.logger = logger
    }

    public func text(of file: FileToRead) async throws -> ExtractedText {
        let head = try await objects.read(file.objectKey, from: 0, count: FileKind.headLength)
        guard !head.isEmpty else { throw UnindexableFile(reason: "It is empty.") }
        let kind = FileKind(head: head, name: file.name, contentType: file.contentType)
        switch kind {
        case .text:
            return try PlainText.text(
                of: try await objects.read(file.objectKey, from: 0, count: PlainText.longest + 1)
            )
        case .unreadable(let reason): throw UnindexableFile(reason: reason)
        default: break
        }
        let process = LimitedProcess(confinement: await cell.confinement())
        return try await ScratchFolder.with(file, from: objects) { folder in
            let reading = Reading(process: process, folder: folder, logger: logger)
            return switch kind {
            case .pdf: try await PDFText(reading: reading).text()
            case .picture: try await PictureText(reading: reading).text()
            case .html: try await ReaderScript(reading: reading).text("html")
            case .mail: try await ReaderScript(reading: reading).text("mail")
            case .notebook: try await ReaderScript(reading: reading).text("notebook")
            case .rtf: try await ReaderScript(reading: reading).text("rtf")
            case .office, .text, .unreadable: try await ReaderScript(reading: reading).text("office")
            }
        }
    }
}
