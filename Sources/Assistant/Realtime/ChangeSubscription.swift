/// One entry of `postgres_changes` in a join: which changes of which rows somebody wants to hear of.
public struct ChangeSubscription: Hashable, Sendable {
    public enum Event: String, Sendable {
        case insert = "INSERT"
        case update = "UPDATE"
        case delete = "DELETE"
    }

    /// Nil: any.
    public let event: Event?
    /// Nil: every table that can be followed.
    public let table: RealtimeTable?
    public let filter: RowFilter?
    /// Nil: every column.
    public let columns: [String]?

    public init(event: Event?, table: RealtimeTable?, filter: RowFilter?, columns: [String]?) {
        self.event = event
        self.table = table
        self.filter = filter
        self.columns = columns
    }

    /// Whether a change is wanted, as one person sees it.
    public func wants(_ change: ScopedChange, as view: ScopedChange.View) -> Bool {
        if let table, table != change.table { return false }
        if let event, event != view.event { return false }
        guard let filter else { return true }
        guard let row = view == .delete ? change.old : change.new else { return false }
        return filter.matches(row)
    }
}

extension ScopedChange.View {
    public var event: ChangeSubscription.Event {
        switch self {
        case .insert: .insert
        case .update, .appearance: .update
        case .delete: .delete
        }
    }
}
