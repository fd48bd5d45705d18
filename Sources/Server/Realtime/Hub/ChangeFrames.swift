import Assistant
import NIOCore

/// The frames of one change, each made once for all who are told the same.
struct ChangeFrames {
    private struct Told: Hashable {
        let addressee: Addressee
        let ids: [Int]
        let view: ScopedChange.View
        let columns: [String]?
    }

    private struct Sight: Hashable {
        let view: ScopedChange.View
        let columns: [String]?
    }

    private let entry: ReplayWindow.Entry
    private let keysOnly: Bool
    private let time: [UInt8]
    private var data: [Sight: [UInt8]] = [:]
    private var frames: [Told: ByteBuffer] = [:]

    init(_ entry: ReplayWindow.Entry, keysOnly: Bool = false) {
        self.entry = entry
        self.keysOnly = keysOnly
        time = ChangeJSON.time(entry.time)
    }

    mutating func frame(
        for addressee: Addressee,
        _ view: ScopedChange.View,
        ids: [Int],
        columns: [String]?
    ) -> ByteBuffer {
        let told = Told(addressee: addressee, ids: ids.sorted(), view: view, columns: columns)
        if let frame = frames[told] { return frame }
        let json = json(Sight(view: view, columns: keysOnly ? entry.change.table.key : columns))
        let frame = addressee.change(json, ids: told.ids, event: view.event, position: entry.position)
        frames[told] = frame
        return frame
    }

    private mutating func json(_ sight: Sight) -> [UInt8] {
        if let json = data[sight] { return json }
        let json = ChangeJSON.data(entry.change, sight.view, columns: sight.columns, time: time)
        data[sight] = json
        return json
    }
}

extension Addressee {
    /// - Parameter json: the change.
    fileprivate func change(
        _ json: [UInt8],
        ids: [Int],
        event: ChangeSubscription.Event,
        position: ReplayWindow.Position
    ) -> ByteBuffer {
        if version == .events {
            return ByteBuffer(bytes: Array("id: \(position)\nevent: \(event.rawValue)\ndata: ".utf8) + json + [10, 10])
        }
        let numbers = ids.map(String.init).joined(separator: ",")
        let payload =
            Array(#"{"ids":[\#(numbers)],"last_event":"\#(position)","data":"#.utf8) + json + [UInt8(ascii: "}")]
        return frame("postgres_changes", payload)
    }
}
