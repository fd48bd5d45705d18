import Assistant
import Foundation

/// Writes changes as Supabase's clients read them.
enum ChangeJSON {
    /// Bytes of a change; with the envelope around it a frame stays below 1,000,000, which is what clients take.
    static let largest = 950_000
    /// Of a change that is larger, values beyond so many bytes are left out.
    private static let largestKept = 64

    /// The `data` of a change as one kind of onlooker sees it.
    ///
    /// - Parameter columns: nil for all.
    static func data(_ change: ScopedChange, _ view: ScopedChange.View, columns: [String]?, time: [UInt8]) -> [UInt8] {
        let whole = data(change, view, columns, time, largestValue: .max)
        return whole.count <= largest ? whole : data(change, view, columns, time, largestValue: largestKept)
    }

    /// Microseconds since 1970 as RFC 3339 with milliseconds, quoted.
    static func time(_ microseconds: Int64) -> [UInt8] {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let date = Date(timeIntervalSince1970: Double(microseconds) / 1e6)
        return JSONString.quoted(date.formatted(style))
    }

    private static func data(
        _ change: ScopedChange,
        _ view: ScopedChange.View,
        _ columns: [String]?,
        _ time: [UInt8],
        largestValue: Int
    ) -> [UInt8] {
        guard let shape = (change.new ?? change.old)?.shape else { return Array("{}".utf8) }
        let positions = shape.columns.indices.filter { columns?.contains(shape.columns[$0].name) ?? true }
        var bytes = Array(
            #"{"type":"\#(view.event.rawValue)","schema":"\#(shape.schema)","table":"\#(shape.name)""#.utf8
        )
        bytes += #","commit_timestamp":"#.utf8
        bytes += time
        bytes += #","columns":["#.utf8
        for (index, position) in positions.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += #"{"name":"\#(shape.columns[position].name)","type":"\#(shape.columns[position].type)"}"#.utf8
        }
        bytes.append(UInt8(ascii: "]"))
        if view != .delete, let new = change.new {
            bytes += #","record":"#.utf8
            append(new, positions, largestValue, to: &bytes)
        }
        switch view {
        case .insert: break
        case .appearance: bytes += #","old_record":{}"#.utf8
        case .update, .delete:
            bytes += #","old_record":"#.utf8
            if let old = change.old { append(old, positions, largestValue, to: &bytes) } else { bytes += "{}".utf8 }
        }
        let errors = largestValue == .max ? "null" : #"["Error 413: Payload Too Large"]"#
        return bytes + Array(#","errors":\#(errors)}"#.utf8)
    }

    private static func append(_ row: FeedRow, _ positions: [Int], _ largestValue: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for position in positions where position < row.values.count {
            let value = row.values[position]
            if let value, value.utf8.count > largestValue { continue }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            JSONString.append(row.shape.columns[position].name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value, type: row.shape.columns[position].type, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// A value as `to_jsonb` writes it.
    private static func append(_ value: String?, type: String, to bytes: inout [UInt8]) {
        guard let value else {
            bytes += "null".utf8
            return
        }
        switch type {
        case "bool": bytes += (value == "t" ? "true" : "false").utf8
        case "int2", "int4", "int8", "oid": bytes += value.utf8
        case "float4", "float8", "numeric":
            // NaN and the infinities are texts in JSON.
            if RawJSON(Array(value.utf8)) == nil { JSONString.append(value, to: &bytes) } else { bytes += value.utf8 }
        case "json", "jsonb": bytes += value.utf8
        case "timestamptz", "timestamp": JSONString.append(timestamp(value), to: &bytes)
        case _ where type.hasPrefix("_"): append(list: value, of: String(type.dropFirst()), to: &bytes)
        default: JSONString.append(value, to: &bytes)
        }
    }

    /// `2026-01-31 14:05:00.123+00` as `2026-01-31T14:05:00.123+00:00`.
    private static func timestamp(_ value: String) -> String {
        guard let space = value.firstIndex(of: " ") else { return value }
        var text = value.replacingCharacters(in: space...space, with: "T")
        if let zone = text.lastIndex(where: { $0 == "+" || $0 == "-" }), zone > space, text[zone...].count == 3 {
            text += ":00"
        }
        return text
    }

    /// `{a,"b c",NULL}`; lists of lists are left as texts, since none of our tables has them.
    private static func append(list: String, of type: String, to bytes: inout [UInt8]) {
        guard list.hasPrefix("{"), list.hasSuffix("}"), !list.hasPrefix("{{") else {
            return JSONString.append(list, to: &bytes)
        }
        bytes.append(UInt8(ascii: "["))
        for (index, item) in ArrayText.items(list).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(item, type: type, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

/// PostgreSQL's way to write arrays (manual, 8.15.6).
private enum ArrayText {
    static func items(_ text: String) -> [String?] {
        let inner = text.dropFirst().dropLast()
        guard !inner.isEmpty else { return [] }
        var items: [String?] = []
        var item = ""
        var (isQuoted, wasQuoted, isEscaped) = (false, false, false)
        func finished() -> String? { !wasQuoted && item.uppercased() == "NULL" ? nil : item }
        for character in inner {
            switch character {
            case _ where isEscaped:
                item.append(character)
                isEscaped = false
            case "\\": isEscaped = true
            case "\"":
                isQuoted.toggle()
                wasQuoted = true
            case "," where !isQuoted:
                items.append(finished())
                (item, wasQuoted) = ("", false)
            default: item.append(character)
            }
        }
        return items + [finished()]
    }
}
