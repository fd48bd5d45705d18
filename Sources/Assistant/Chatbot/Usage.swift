public import Domain

/// Counts the tokens that members spend on language models.
public protocol UsageLedger: Sendable {
    func spent(for principal: Principal) async throws -> TokensSpent
    func record(_ usage: TokenUsage, model: String, for principal: Principal) async throws
}

/// Of the current day, UTC.
public struct TokensSpent: Sendable {
    public let own: Int
    public let lab: Int
    /// Until the next day begins.
    public let secondsLeft: Int

    public init(own: Int, lab: Int, secondsLeft: Int) {
        self.own = own
        self.lab = lab
        self.secondsLeft = secondsLeft
    }
}

/// Tokens a day; zero is without limit.
public struct TokenBudget: Sendable {
    public let perUser: Int
    public let perLab: Int

    public init(perUser: Int, perLab: Int) {
        self.perUser = perUser
        self.perLab = perLab
    }

    var isLimited: Bool { perUser > 0 || perLab > 0 }

    /// Throws `PublicError(.tooManyRequests)` once a budget is spent.
    func check(_ spent: TokensSpent) throws {
        let whose: String
        if perUser > 0, spent.own >= perUser {
            whose = "Your"
        } else if perLab > 0, spent.lab >= perLab {
            whose = "The lab's"
        } else {
            return
        }
        throw PublicError(
            .tooManyRequests,
            "\(whose) tokens for today are spent. Ask again tomorrow, or search instead.",
            retryAfter: spent.secondsLeft
        )
    }
}
