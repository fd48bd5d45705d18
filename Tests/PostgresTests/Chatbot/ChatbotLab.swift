import Assistant
import Domain
import Foundation
import Logging
import Postgres
import Retrieval
import TestSupport

/// A lab with an assistant in it.
extension TestLab {
    static var prompts: Prompts {
        get throws {
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../prompts")
                .standardizedFileURL
            return try Prompts.load { try String(contentsOf: folder.appending(path: "\($0).md"), encoding: .utf8) }
        }
    }

    var evidence: EvidenceStore { EvidenceStore(app) }

    func chatbot(
        _ index: SearchIndex,
        model: (any LanguageModel)? = nil,
        budget: TokenBudget = TokenBudget(perUser: 0, perLab: 0),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws -> ChatbotService {
        ChatbotService(
            search: search(index),
            evidence: evidence,
            threads: ThreadRecords(app),
            model: model,
            prompts: try Self.prompts,
            calendar: CalendarRecords(app),
            ledger: UsageRecords(app),
            budget: budget,
            answers: AnswerRecords(app),
            logger: Logger(label: "tests"),
            now: now
        )
    }
}
