import Domain
import Foundation
import Retrieval

/// What a source's passages will be, before anything is embedded.
struct ChunkPlan {
    var chunks: [Chunk]
    /// A file's text, when it was extracted just now.
    var extractedText: String?
}

/// Cuts sources into chunks, each kind by its own part of the recipe.
struct ChunkPlanner: Sendable {
    private let objects: any ObjectStore
    /// A longer text would crowd out everything else; what comes after is not indexed.
    private static let maximumChunksPerFile = 4000

    init(objects: any ObjectStore) {
        self.objects = objects
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
        _ extracted: String?
    ) async throws -> ChunkPlan {
        let text: String
        if let extracted {
            text = extracted
        } else {
            // Of what cannot be read nothing is fetched: memory is independent of the file's size.
            let count = PlainText.isReadable(contentType) ? PlainText.longest + 1 : 0
            let bytes = try await objects.read(key, from: 0, count: count)
            text = try PlainText.text(of: bytes, contentType: contentType)
        }
        let passages = FilePassages(of: text).passages.prefix(Self.maximumChunksPerFile)
        let chunks = passages.enumerated().map { ordinal, passage in
            Chunk(
                ordinal: ordinal,
                text: passage.text,
                locator: "line \(passage.line)",
                embedded: Recipe.passage(ofFile: passage.text, beginning: ordinal == 0 ? text.beginning : nil)
            )
        }
        return ChunkPlan(chunks: chunks, extractedText: extracted == nil ? text : nil)
    }
}

extension String {
    /// More than the embedder reads of any text, and little enough to hand around.
    fileprivate var beginning: String { String(prefix(2000)) }
}
