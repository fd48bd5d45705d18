import Assistant
import Domain
import Foundation
import Ingest
import Postgres
import Retrieval

/// A scratch lab that holds an evaluation set: conversations with their speakers, or files, all read by one member.
struct EvaluationLab {
    private let reader: Principal
    private let search: SearchService
    private let documents: [UUID: String]
    private let conversations: [String: ConversationID]

    static func load(_ set: EvaluationSet, into house: House) async throws -> EvaluationLab {
        var contents = Contents()
        for document in set.documents { contents.add(document) }
        try await store(contents.records, in: house)
        let bar = ProgressBar("Indexing", unit: "sources", total: contents.documents.count)
        _ = try await house.reindexer().run(.pending) { bar.set($0.done, total: $0.total) }
        bar.finish()
        let serving = try house.emptyIndex()
        try await house.keeper(serving).load()
        return EvaluationLab(
            reader: Principal(user: contents.reader),
            search: house.search(serving),
            documents: contents.documents,
            conversations: contents.conversations
        )
    }

    func measure(
        _ queries: [EvaluationSet.Query],
        relevance: [String: [String: Double]],
        k: Int
    ) async throws -> EvaluationReport {
        var report = EvaluationReport()
        let bar = ProgressBar("Asking", unit: "queries", total: queries.count)
        for query in queries {
            let gains = relevance[query.id] ?? [:]
            let category = query.metadata?.category
            let isHeadline = category != "adversarial"
            for leg in [SearchRequest.Legs.dense, .lexical, .fused] {
                let ranking = try await ranking(query, leg, k)
                switch leg {
                case .dense: if isHeadline { report.dense.add(ranking, gains: gains) }
                case .lexical: if isHeadline { report.lexical.add(ranking, gains: gains) }
                case .fused:
                    if isHeadline { report.fused.add(ranking, gains: gains) }
                    if let category { report.categories[category, default: .init()].add(ranking, gains: gains) }
                }
            }
            bar.advance(by: 1)
        }
        bar.finish()
        return report
    }

    private func ranking(_ query: EvaluationSet.Query, _ legs: SearchRequest.Legs, _ k: Int) async throws -> [String] {
        let conversation = query.metadata?.scope.flatMap { conversations[$0] }
        let request = SearchService.Query(
            String(query.text.prefix(SearchService.longestQuery)),
            limit: k,
            conversation: conversation,
            legs: legs
        )
        return try await search.search(request, for: reader).hits.compactMap { documents[$0.evidence.source.id] }
    }

    private static func store(_ records: [ImportRecord], in house: House) async throws {
        let sink = ImportStore(house.ingest)
        let objects = house.objects
        for start in stride(from: 0, to: records.count, by: JSONLImporter.batchSize) {
            let batch = Array(records[start..<min(start + JSONLImporter.batchSize, records.count)])
            var stored: [FileID: StoredObject] = [:]
            for case .file(let file) in batch {
                guard case .text(let text) = file.content else { continue }
                let key = "files/\(file.id)"
                try await objects.put(Data(text.utf8), key: key)
                stored[file.id] = StoredObject(key: key, byteCount: text.utf8.count, sha256: "")
            }
            _ = try await sink.store(batch, objects: stored)
        }
    }

    /// The set as rows of a lab.
    private struct Contents {
        let reader = UserID()
        private(set) var records: [ImportRecord]
        private(set) var documents: [UUID: String] = [:]
        private(set) var conversations: [String: ConversationID] = [:]
        private var speakers: [String: UserID] = [:]
        private var lastTurn: [String: Date] = [:]
        private var members: Set<[UUID]> = []

        init() {
            records = [.user(.init(id: reader, email: "reader@evaluation.invalid", roles: ["staff"]))]
        }

        mutating func add(_ document: EvaluationSet.Document) {
            let id = UUID()
            documents[id] = document.id
            guard let conversation = document.metadata?.conversation else {
                records.append(
                    .file(
                        .init(
                            id: FileID(id),
                            name: "document.txt",
                            contentType: "text/plain",
                            owner: reader,
                            content: .text(document.body)
                        )
                    )
                )
                return
            }
            let sender = speaker(document.metadata?.speaker ?? "Somebody", in: conversation)
            records.append(
                .message(
                    .init(
                        id: MessageID(id),
                        conversation: self.conversation(conversation),
                        sender: sender,
                        content: document.text,
                        createdAt: time(of: document, in: conversation)
                    )
                )
            )
        }

        /// Turns keep their order, whether their times are given, repeated or missing.
        private mutating func time(of document: EvaluationSet.Document, in conversation: String) -> Date {
            let given = document.metadata?.timestamp.flatMap(ImportClock.absolute)
            let last = lastTurn[conversation]
            var time = given ?? last?.addingTimeInterval(1) ?? Date(timeIntervalSince1970: 1_700_000_000)
            if let last, time <= last { time = last.addingTimeInterval(0.001) }
            lastTurn[conversation] = time
            return time
        }

        private mutating func conversation(_ name: String) -> ConversationID {
            if let known = conversations[name] { return known }
            let id = ConversationID()
            conversations[name] = id
            records.append(.conversation(.init(id: id, name: name, isGroup: true, members: [reader])))
            return id
        }

        private mutating func speaker(_ name: String, in conversation: String) -> UserID {
            let id = speakers[name] ?? UserID()
            if speakers.updateValue(id, forKey: name) == nil {
                records.append(
                    .user(.init(id: id, email: "\(id)@evaluation.invalid", fullName: name, roles: ["staff"]))
                )
            }
            let conversationID = self.conversation(conversation)
            if members.insert([conversationID.uuid, id.uuid]).inserted {
                records.append(.member(.init(conversation: conversationID, user: id)))
            }
            return id
        }
    }
}
