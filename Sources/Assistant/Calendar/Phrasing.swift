import Retrieval

/// How a question about the calendar is put: what its verbs and question words ask for.
struct Phrasing {
    private let words: SpokenWords

    /// - Parameter words: the words that speak of times are marked already.
    init(_ words: SpokenWords) {
        self.words = words
    }

    /// "tell me", "show me" only ask politely.
    var isAboutMe: Bool {
        words.has(["i", "my", "mine", "am"])
            || words.indices.contains { words[$0] == "me" && !["tell", "show", "give", "let"].contains(words[$0 - 1]) }
    }

    /// Asks for entries as such.
    var isAboutEntries: Bool { words.has(Self.entries) }

    func intent(isMissed: Bool, hasTime: Bool) -> CalendarQuestion.Intent? {
        if isMissed { return .missed }
        if words.has(phrase: "double booked") || words.has(phrase: "double book") || words.has(phrase: "double booking")
            || words.has(phrase: "double bookings") || words.has(phrase: "two places")
            || words.has(["conflict", "conflicts", "clash", "clashes", "overlap", "overlaps", "overlapping"])
        {
            return .clashes
        }
        let asksWho = words.has(["who", "whose", "whom"])
        let isFree = words.has(Self.free) || isUse
        if isFree, !asksWho {
            return words.has(["next", "first", "soonest", "earliest"]) ? .nextGap : .availability
        }
        let isBusy = words.has(Self.busy) || words.has(phrase: "in use")
        if isBusy, !asksWho, words.has(["is", "are", "was", "were"]), !words.has(["what", "when"]) {
            return .availability
        }
        if words.has(["next", "upcoming", "following"]) { return .next }
        if words.has(["last", "previous", "latest"]) { return .last }
        if words.has(["when"]) || words.has(phrase: "what time") || words.has(phrase: "what day")
            || words.has(phrase: "which day") || words.has(phrase: "what date")
        {
            return isBusy ? .agenda : .occurrence
        }
        if asksWho { return .holders }
        guard hasTime || isAboutEntries else { return nil }
        let asks = words.has([
            "what", "which", "list", "show", "do", "does", "did", "is", "are", "was", "were", "tell", "give", "any",
            "anything",
        ])
        return asks || isAboutEntries ? .agenda : nil
    }

    /// "can I use", "may we book"
    private var isUse: Bool {
        words.has(["can", "could", "may"]) && words.has(["use", "book", "have", "get", "reserve"])
    }

    private static let free: Set<String> = [
        "free", "available", "availability", "vacant", "unoccupied", "unbooked", "gap", "gaps", "slot", "slots",
        "opening",
        "openings",
    ]
    private static let busy: Set<String> = ["busy", "booked", "taken", "occupied", "reserved"]
    private static let entries: Set<String> = [
        "calendar", "schedule", "scheduled", "agenda", "planned", "booking", "bookings", "booked", "events", "event",
        "appointment", "appointments", "entries", "entry", "reservation", "reservations", "happening", "on", "plans",
    ]

    /// Words that carry nothing by themselves in such a question.
    static let fillers: Set<String> = [
        "when", "what", "which", "who", "whose", "whom", "where", "how", "is", "are", "was", "were", "be", "been", "am",
        "the", "a", "an", "on", "in", "at", "for", "of", "to", "do", "does", "did", "has", "have", "had", "i", "me",
        "my",
        "mine", "we", "our", "us", "you", "can", "could", "may", "might", "will", "would", "should", "please", "tell",
        "show", "list", "give", "there", "it", "its", "that", "this", "these", "those", "and", "or", "with", "by",
        "from",
        "until", "till", "any", "anything", "anyone", "anybody", "somebody", "someone", "something", "everyone", "all",
        "if", "so", "ok", "hey", "hi", "hello", "thanks", "know", "want", "need", "like", "lab", "s", "today",
        "also", "then", "still", "currently", "going", "up", "per", "about", "as", "not", "during", "within", "into",
        "lets", "let", "see", "get", "gets", "got",
    ]

    /// Words that say what is asked, not about what.
    static func isVerb(_ word: String) -> Bool {
        free.contains(word) || busy.contains(word) || ["use", "using", "book", "has", "next", "last"].contains(word)
    }

    /// Words that an intent explains.
    static func words(of intent: CalendarQuestion.Intent) -> Set<String> {
        switch intent {
        case .availability, .nextGap:
            free.union(busy).union([
                "use", "used", "book", "have", "reserve", "time", "times", "machine", "instrument", "both", "next",
                "first",
                "soonest", "earliest", "long", "least", "possible", "open", "day", "days", "hours", "work",
            ])
        case .holders:
            busy.union([
                "using", "uses", "use", "used", "book", "books", "working", "works", "work", "running", "runs", "sits",
                "doing", "does", "do", "done", "responsible", "duty", "turn", "scheduled", "reservation", "slot",
                "time",
                "assigned", "takes", "take", "taking", "holds", "sitting", "machine", "instrument", "booking", "being",
            ])
        case .next, .last, .occurrence:
            [
                "next", "last", "previous", "latest", "upcoming", "following", "take", "takes", "took", "place",
                "happen",
                "happens", "start", "starts", "begin", "begins", "end", "ends", "finish", "finishes", "scheduled",
                "planned", "time", "date", "presents", "presenting", "present", "presenter", "presented",
                "speaker",
                "speaks", "talks", "gives", "held", "hold", "coming", "booked", "booking", "bookings", "event",
                "events",
                "appointment", "appointments", "entry", "entries", "reservation", "reservations", "calendar",
                "schedule",
                "join", "turn", "works",
            ]
        case .agenda:
            entries.union(busy).union([
                "going", "happen", "happens", "happened", "time", "else", "doing", "lined", "down", "come", "coming",
                "day",
                "days", "look", "looks", "plan", "anyway", "full", "using", "use", "used",
            ])
        case .clashes:
            [
                "double", "booked", "book", "booking", "bookings", "conflict", "conflicts", "clash", "clashes",
                "overlap",
                "overlaps", "overlapping", "calendar", "schedule", "schedules", "time", "times", "same", "two",
                "places",
                "once", "events", "entries", "appointments", "being", "each", "other", "twice", "between", "anywhere",
                "conflicting",
            ]
        case .missed:
            [
                "miss", "missed", "missing", "happened", "happen", "new", "catch", "while", "away", "holiday",
                "vacation",
                "gone", "out", "since", "off", "sick", "leave", "absence", "here", "things", "news", "important",
                "everything",
            ]
        }
    }
}
