import Domain
import Foundation
import Retrieval

/// What a source's passages will be, before anything is embedded.
struct ChunkPlan {
    var chunks: [Chunk]
    /// A file's text, when it was extracted just now.
    var extractedText: ExtractedText?
    /// What of a file is not searched, as a sentence.
    var note: String?
}

/// Cuts sources into chunks, each kind by its own part of the recipe.
struct ChunkPlanner: Sendable {
    private let files: any TextExtractor

    init(files: any TextExtractor) {
        self.files = files
    }

    func plan(for document: SourceDocument) async throws -> ChunkPlan {
        switch document.body {
        case .message(let text), .status(let text):
            single(text, Recipe.turn(text))
        case .comment(let text, let status):
            single(text, Recipe.comment(text, onStatus: status))
        case .schedule(let description, let resource, let participants):
            schedule(document, description, resource, participants)
        case .file(let key, let contentType, let extracted):
            try await file(document, key, contentType, extracted)
        }
    }

    private func single(_ text: String, _ embedded: [Facet: String]) -> ChunkPlan {
        // By scalars, as labsync.has_text() has it: coverage is counted by that.
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return ChunkPlan(chunks: []) }
        return ChunkPlan(chunks: [Chunk(ordinal: 0, text: text, locator: nil, embedded: embedded)])
    }

    private func schedule(
        _ document: SourceDocument,
        _ description: String?,
        _ resource: String?,
        _ participants: [String]
    ) -> ChunkPlan {
        var sentences = [document.title, description].compactMap { $0 }.filter { !$0.isEmpty }
        if let resource { sentences.append("Where: \(resource)") }
        if !participants.isEmpty { sentences.append("With \(participants.joined(separator: ", "))") }
        let text = sentences.joined(separator: ". ")
        return single(text, Recipe.turn(text))
    }

    private func file(
        _ document: SourceDocument,
        _ key: String,
        _ contentType: String,
        _ extracted: ExtractedText?
    ) async throws -> ChunkPlan {
        let file = FileToRead(objectKey: key, name: document.title ?? "", contentType: contentType)
        let text = if let extracted { extracted } else { try await files.text(of: file) }
        let cut = FileChunks(of: text)
        return ChunkPlan(chunks: cut.chunks, extractedText: extracted == nil ? text : nil, note: cut.note)
    }
}
