import Assistant
import Domain
import NIOCore

extension RealtimeState {
    struct Join {
        let socket: SocketEntry.Key
        let addressee: Addressee
        let ref: [UInt8]
        let topic: String
        let request: JoinRequest
        let token: VerifiedToken
    }

    /// Joins a socket to a topic, with everything that a client is to be told of it.
    ///
    /// - Returns: nil when it was refused, with the reason told.
    mutating func join(_ join: Join, limits: RealtimeLimits) -> RealtimeChannel.Key? {
        guard let socket = sockets[join.socket] else { return nil }
        if let reason = refusal(join, socket, limits) {
            send(join.addressee.reply(error: reason, to: join.ref), socket.line)
            return nil
        }
        var channel = RealtimeChannel(
            socket: join.socket,
            line: socket.line,
            addressee: join.addressee,
            topic: TopicName(name: join.topic, isPrivate: join.request.isPrivate),
            right: TopicRight(join.topic),
            hearsItself: join.request.hearsItself,
            presenceKey: join.request.presenceKey ?? UserID().description,
            hasPresence: join.request.hasPresence,
            token: join.token
        )
        var echoes: [[UInt8]] = []
        var flaw: String?
        for binding in join.request.bindings {
            do throws(RowFilter.Malformed) {
                let id = number(try subscription(binding))
                if !channel.subscriptions.contains(id) { channel.subscriptions.append(id) }
                echoes.append(binding.echo(id: id))
            } catch {
                lastNumber += 1
                echoes.append(binding.echo(id: lastNumber))
                flaw = flaw ?? error.reason
            }
        }
        let key = add(channel)
        let last = join.request.lastEvent
        let replay: [ByteBuffer]? = if let last { missed(by: channel, after: last) } else { nil }
        let wasResumed: Bool? = last == nil ? nil : replay != nil
        send(join.addressee.reply(ok: response(echoes, wasResumed: wasResumed), to: join.ref), socket.line)
        if channel.hasPresence { sendPresences(to: channel) }
        if !join.request.bindings.isEmpty { sendStanding(channel, flaw) }
        for frame in replay ?? [] { send(frame, channel.line) }
        return key
    }

    /// The reply, with where the client is to go on from if it is cut off before it hears of any change.
    private func response(_ echoes: [[UInt8]], wasResumed: Bool?) -> String {
        let list = String(decoding: Array(echoes.joined(separator: [UInt8(ascii: ",")])), as: UTF8.self)
        let resumed = wasResumed.map { #","resumed":\#($0)"# } ?? ""
        let last = echoes.isEmpty ? "" : #","last_event":"\#(position)""#
        return #"{"postgres_changes":[\#(list)]\#(last)\#(resumed)}"#
    }

    private func refusal(_ join: Join, _ socket: SocketEntry, _ limits: RealtimeLimits) -> String? {
        if join.topic.isEmpty { return "TopicNameRequired: You must provide a topic name" }
        if socket.channels.count >= limits.channelsPerSocket {
            return "ChannelRateLimitReached: Too many channels; a connection has at most \(limits.channelsPerSocket)"
        }
        if join.request.bindings.count > RealtimeLimits.bindingsPerChannel {
            return "TooManyBindings: A channel has at most \(RealtimeLimits.bindingsPerChannel) postgres_changes"
        }
        guard join.request.isPrivate || !join.request.bindings.isEmpty else { return nil }
        guard let audience else {
            return "UnableToConnectToProject: The database does not answer; join again in a moment"
        }
        guard join.request.isPrivate else { return nil }
        guard let right = TopicRight(join.topic), audience.admits(join.token.principal.user, to: right) else {
            return "Unauthorized: You do not have permissions to read from this Channel topic: \(join.topic)"
        }
        return nil
    }

    private func subscription(_ binding: JoinRequest.Binding) throws(RowFilter.Malformed) -> ChangeSubscription {
        guard ["public", "*"].contains(binding.schema) else {
            throw RowFilter.Malformed(reason: "there is only the schema public")
        }
        guard let name = binding.table else {
            if !binding.filter.isEmpty || binding.columns != nil {
                throw RowFilter.Malformed(reason: "filter and select need a table")
            }
            return ChangeSubscription(event: binding.event, table: nil, filter: nil, columns: nil)
        }
        guard let table = RealtimeTable(rawValue: name), let shape = shapes[table] else {
            let tables = RealtimeTable.allCases.map(\.rawValue).joined(separator: ", ")
            throw RowFilter.Malformed(reason: "table must be one of \(tables), or *")
        }
        if let wrong = binding.columns?.first(where: { shape.position(of: $0) == nil }) {
            throw RowFilter.Malformed(reason: "\(name) has no column \(wrong)")
        }
        let isFiltered = !binding.filter.allSatisfy(\.isWhitespace)
        return ChangeSubscription(
            event: binding.event,
            table: table,
            filter: isFiltered ? try RowFilter(binding.filter, on: shape) : nil,
            columns: binding.columns
        )
    }

    /// Whether changes flow, which the reply to a join does not say.
    private mutating func sendStanding(_ channel: RealtimeChannel, _ flaw: String?) {
        let text =
            flaw.map { "Unable to subscribe to changes with given parameters: \($0)" } ?? "Subscribed to PostgreSQL"
        send(
            channel.addressee.system("postgres_changes", isError: flaw != nil, text, channel: channel.topic.name),
            channel.line
        )
    }

    /// Goes on with another token, or ends when that one does not reach as far.
    mutating func renew(_ key: RealtimeChannel.Key, _ token: VerifiedToken) {
        guard var channel = channels[key] else { return }
        unfollow(channel.subscriptions, as: channel.user, key, keepingEmpty: true)
        channel.token = token
        channels[key] = channel
        follow(channel.subscriptions, as: channel.user, key)
        if !mayHear(channel) {
            end(key, because: "You do not have permissions to read from this Channel topic: \(channel.topic.name)")
        }
    }
}
