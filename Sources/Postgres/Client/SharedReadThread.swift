import Foundation

/// Sends what the inbox holds over a few lanes, the least busy first, until the inbox closes.
struct SharedReadThread {
    private let inbox: SharedReadInbox
    private let configuration: DatabaseConfiguration

    init(_ inbox: SharedReadInbox, _ configuration: DatabaseConfiguration) {
        self.inbox = inbox
        self.configuration = configuration
    }

    func start() {
        let thread = Thread { run() }
        thread.name = "labsync.reads"
        thread.start()
    }

    private func run() {
        let lanes = (0..<SharedReads.maximumLanes).map { ReadLane(configuration, inbox.poller, index: $0) }
        var backlog: [SharedRead] = []
        while let new = inbox.take(backlog: backlog.count) {
            backlog += new
            send(&backlog, lanes)
            wait(lanes, isIdle: new.isEmpty)
        }
        for lane in lanes { lane.close(isFailure: false) }
        for read in backlog + inbox.takeRest() { read.answer(.failure(PostgresError.closed)) }
    }

    private func send(_ backlog: inout [SharedRead], _ lanes: [ReadLane]) {
        guard !backlog.isEmpty else { return }
        for lane in lanes { lane.openIfClosed() }
        var sent = 0
        for read in backlog {
            if read.isAnswered {
                sent += 1
                continue
            }
            guard let lane = lanes.filter(\.hasRoom).min(by: { $0.load < $1.load }) else { break }
            lane.send(read)
            sent += 1
        }
        backlog.removeFirst(sent)
        // With no way to the database in sight whoever asked had better look for themselves.
        if !lanes.contains(where: { $0.isOpen || $0.isOpening }) {
            for read in backlog { read.answer(.failure(PostgresError.connectionLost("no shared connection"))) }
            backlog = []
        }
    }

    private func wait(_ lanes: [ReadLane], isIdle: Bool) {
        let isBusy = lanes.contains { $0.load > 0 || $0.isOpening }
        // A tenth of a second is often enough to look at deadlines.
        inbox.poller.wait(isIdle ? (isBusy ? 100 : nil) : 0) { number, isWritable in
            if lanes.indices.contains(number) { lanes[number].handle(isWritable: isWritable) }
        }
        if isBusy {
            let now = ContinuousClock.now
            for lane in lanes { lane.checkDeadline(now) }
        }
    }
}
