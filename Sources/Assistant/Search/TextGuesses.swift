import Domain
import Retrieval
import Synchronization

/// Guesses what of a question the model will be given before it is known whose names its asker may read: those of the
/// asker's last search. Only ever used where what is then known comes to the same text.
final class TextGuesses: Sendable {
    /// Askers whose people are remembered; with more it begins again.
    private static let most = 1000

    private let people = Mutex<[UserID: People]>([:])

    func text(of query: SearchService.Query, for principal: Principal) -> String? {
        people.withLock { $0[principal.user] }?.textToEmbed(query)
    }

    func remember(_ found: People, of principal: Principal) {
        people.withLock { people in
            if people.count >= Self.most { people = [:] }
            people[principal.user] = found
        }
    }
}

extension People {
    /// Names are matched to people, and would only pull the vector towards them. Nil where no vectors are compared.
    func textToEmbed(_ query: SearchService.Query) -> String? {
        switch query.legs {
        case .lexical: nil
        case .dense: query.text
        case .fused: stripped(query.text)
        }
    }
}
