public import Domain
public import Foundation
public import Ingest
public import Logging

/// Draws pictures and the first pages of PDF files, by programs that are held as the readers of text are.
public struct FileThumbnailMaker: ThumbnailMaker {
    /// Pixels of the longer side.
    private static let side = 320
    private static let limits = LimitedProcess.Limits(
        time: .seconds(10),
        patience: .seconds(30),
        memory: 256 << 20,
        output: 1 << 20
    )

    private let objects: any ObjectStore
    private let logger: Logger
    private let cell = ConfinementCell()

    public init(objects: any ObjectStore, logger: Logger) {
        self.objects = objects
        self.logger = logger
    }

    public func thumbnail(of file: FileToRead) async throws -> Data? {
        let head = try await objects.read(file.objectKey, from: 0, count: FileKind.headLength)
        let kind = FileKind(head: head, name: file.name, contentType: file.contentType)
        guard kind == .pdf || kind == .picture else { return nil }
        let process = LimitedProcess(confinement: await cell.confinement(), limits: Self.limits)
        do {
            return try await ScratchFolder.with(file, from: objects) { folder in
                try await draw(kind, Reading(process: process, folder: folder, logger: logger))
            }
        } catch is UnindexableFile {
            return nil  // Larger than any picture.
        } catch let missing as MissingProgram {
            throw PublicError(
                .unavailable,
                "Pictures of such files cannot be drawn, as \(missing.name) is not installed on the lab's server."
                    + " Whoever runs the lab installs it (`labsync doctor`)."
            )
        }
    }

    private func draw(_ kind: FileKind, _ reading: Reading) async throws -> Data? {
        let (outcome, output) =
            kind == .pdf
            ? try await reading.run(
                Programs.pdfToPicture,
                ["-q", "-png", "-singlefile", "-f", "1", "-l", "1", "-scale-to", "\(Self.side)", reading.input]
            )
            // What it was taken with and where stays with the picture itself.
            : try await reading.run(
                Programs.pictureToThumbnail,
                [reading.input, "--size", "\(Self.side)x\(Self.side)>", "-o", ".png[strip]"]
            )
        return outcome == .finished && output.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? output : nil
    }
}
