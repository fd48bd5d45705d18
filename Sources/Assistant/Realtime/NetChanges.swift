/// What a transaction did to each row of content in the end: a row that was changed twice was never seen in between.
enum NetChanges {
    struct Change {
        let table: RealtimeTable
        var old: FeedRow?
        var new: FeedRow?
    }

    private struct Key: Hashable {
        let table: RealtimeTable
        let values: [String?]
    }

    static func of(_ changes: [RowChange]) -> [Change] {
        var net: [Change] = []
        var places: [Key: Int] = [:]
        for change in changes {
            guard let table = RealtimeTable(rawValue: change.table), let row = change.new ?? change.old else {
                continue
            }
            let key = Key(table: table, values: table.key.map { row[$0] })
            if let place = places[key] {
                net[place].new = change.new
            } else {
                places[key] = net.count
                net.append(Change(table: table, old: change.old, new: change.new))
            }
        }
        return net.filter { $0.old != nil || $0.new != nil }
    }
}
