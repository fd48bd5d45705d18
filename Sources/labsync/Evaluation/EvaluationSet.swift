import Foundation
import Ingest

/// A BEIR-style folder: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`.
struct EvaluationSet {
    struct Document: Decodable {
        struct Metadata: Decodable {
            var conversation: String?
            var speaker: String?
            var timestamp: String?
        }

        var id: String
        var title: String?
        var text: String
        var metadata: Metadata?

        enum CodingKeys: String, CodingKey {
            case id = "_id"
            case title, text, metadata
        }

        /// A file's text begins with its title, as a document does.
        var body: String {
            guard let title, !title.isEmpty else { return text }
            return "\(title)\n\n\(text)"
        }
    }

    struct Query: Decodable {
        struct Metadata: Decodable {
            var scope: String?
            var category: String?
        }

        var id: String
        var text: String
        var metadata: Metadata?

        enum CodingKeys: String, CodingKey {
            case id = "_id"
            case text, metadata
        }
    }

    let documents: [Document]
    let queries: [Query]
    /// Gains above 0, by query and document.
    let relevance: [String: [String: Double]]

    init(folder: String) throws {
        documents = try Self.lines("\(folder)/corpus.jsonl")
        relevance = try Self.relevance("\(folder)/qrels.tsv")
        let judged = Set(relevance.keys)
        queries = try Self.lines("\(folder)/queries.jsonl").filter { judged.contains($0.id) }
        guard !documents.isEmpty, !queries.isEmpty else {
            throw Failure("\(folder) holds no documents or no query that qrels.tsv judges.")
        }
    }

    private static func lines<Line: Decodable>(_ path: String) throws -> [Line] {
        let decoder = JSONDecoder()
        return try contents(path).split(separator: UInt8(ascii: "\n")).enumerated().map { number, line in
            do {
                return try decoder.decode(Line.self, from: Data(line))
            } catch {
                throw Failure("\(path), line \(number + 1), is not what a BEIR-style folder holds: \(error)")
            }
        }
    }

    private static func relevance(_ path: String) throws -> [String: [String: Double]] {
        var relevance: [String: [String: Double]] = [:]
        let text = String(decoding: try contents(path), as: UTF8.self)
        for (number, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let fields = line.split(separator: "\t")
            guard fields.count == 3, let gain = Double(fields[2]) else {
                if number == 0 { continue }  // The header.
                throw Failure("\(path), line \(number + 1), is not query-id, corpus-id and score.")
            }
            if gain > 0 { relevance[String(fields[0]), default: [:]][String(fields[1])] = gain }
        }
        return relevance
    }

    private static func contents(_ path: String) throws -> Data {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw Failure("Cannot read \(path); an evaluation folder holds corpus.jsonl, queries.jsonl and qrels.tsv.")
        }
        return contents
    }
}
