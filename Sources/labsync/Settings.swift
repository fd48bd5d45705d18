import Configuration
import Foundation
import Logging
import Outbound
import Server
import SystemPackage

/// Everything that can be set, read once: flags, then the environment, then a `.env` file, then defaults.
///
/// The only reader of the environment. Keys are spelt as in `.env.example`.
struct Settings: Sendable {
    var data: String
    var databaseURL: String?
    var host: String
    var port: Int
    var workers: Int
    var modelFolder: String
    var embedder: EmbedderChoice
    var embeddingModel: String
    var embeddingDimension: Int
    var index: IndexChoice
    var languageModel: LanguageModel?
    var openAIKey: String?
    var openAIBaseURL: String
    var issuer: String?
    var clerkIssuer: String?
    var clerkWebhookSecret: String?
    var authorizedParties: [String]
    var allowedOrigins: [String]
    var openSignUp: Bool
    var requestsPerMinute: Int
    /// Whose X-Forwarded-For is believed.
    var trustedProxies: TrustedProxies
    /// Bytes.
    var largestFile: Int
    var realtime: RealtimeLimits
    /// Bytes; zero is without limit.
    var quotaPerUser: Int
    var quotaPerLab: Int
    /// Empty: the usual ones.
    var allowedTypes: [String]
    /// In the data folder.
    var encryptsFiles: Bool
    /// Nil: files live in the data folder.
    var objectBucket: ObjectBucket?
    /// Nil: nothing is scanned.
    var clamd: Clamd.Address?
    var logLevel: Logger.Level
    /// Tokens of language models a day; zero is without limit.
    var tokensPerUser: Int
    var tokensPerLab: Int
    /// 0 is Monday.
    var firstWeekday: Int
    /// Of questions that do not say theirs, such as those in conversations.
    var timeZone: TimeZone
    /// For asking another server.
    var token: String?

    private enum Weekday: String, CaseIterable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }

    enum EmbedderChoice: String, CaseIterable {
        case minilm
        case openai
        /// For measuring only.
        case null
    }

    /// Where vectors are kept and compared.
    enum IndexChoice: String, CaseIterable {
        case memory
        case pgvector
    }

    /// Where files live when not in the data folder.
    struct ObjectBucket: Sendable {
        var endpoint: String
        var name: String
        var prefix: String
        var region: String
        var accessKey: String
        var secretKey: String
        var isDirect: Bool

        /// Which bucket, and what of it; without its keys.
        var place: String { "\(endpoint)/\(name)/\(prefix)" }
    }

    struct LanguageModel: Sendable {
        var name: String
        var baseURL: String
        var key: String?
        var replyTimeout: Duration
    }

    static func load(data: String? = nil, host: String? = nil, port: Int? = nil, workers: Int? = nil)
        async throws -> Settings
    {
        let file = try await EnvironmentVariablesProvider(environmentFilePath: ".env", allowMissing: true)
        let reader = SettingsReader(ConfigReader(providers: [EnvironmentVariablesProvider(), file]))
        let key = reader.text("openai.api.key", isSecret: true)
        let baseURL = reader.text("openai.base.url")
        return Settings(
            data: data ?? reader.text("labsync.data") ?? "data",
            databaseURL: reader.text("database.url", isSecret: true),
            host: host ?? reader.text("labsync.host") ?? "127.0.0.1",
            port: try port ?? reader.number("labsync.port", default: 8080, in: 0...65535),
            workers: try workers ?? reader.number("labsync.workers", default: 1, in: 0...64),
            modelFolder: reader.text("labsync.model.dir") ?? Installation.folder("model"),
            embedder: try reader.choice("embedder", default: .minilm),
            embeddingModel: reader.text("labsync.embedding.model") ?? "text-embedding-3-small",
            embeddingDimension: try reader.number("labsync.embedding.dimension", default: 1536, in: 1...8192),
            index: try reader.choice("labsync.index", default: .memory),
            languageModel: try languageModel(reader, key: key, baseURL: baseURL),
            openAIKey: key,
            openAIBaseURL: baseURL ?? "https://api.openai.com/v1",
            issuer: reader.text("labsync.issuer"),
            clerkIssuer: reader.text("clerk.issuer"),
            clerkWebhookSecret: reader.text("clerk.webhook.secret", isSecret: true),
            authorizedParties: reader.list("labsync.authorized.parties"),
            allowedOrigins: reader.list("labsync.allowed.origins"),
            openSignUp: try reader.choice("labsync.sign.up", default: SignUp.invite) == .open,
            requestsPerMinute: try reader.number("labsync.rate.limit", default: 6000, in: 0...10_000_000),
            trustedProxies: try trustedProxies(reader.list("labsync.trusted.proxies")),
            largestFile: try reader.number("labsync.largest.file", default: 2 << 30, in: 1...(1 << 40)),
            realtime: try realtimeLimits(reader),
            quotaPerUser: try reader.number("labsync.quota.per.user", default: 50 << 30, in: 0...(1 << 50)),
            quotaPerLab: try reader.number("labsync.quota.per.lab", default: 0, in: 0...(1 << 50)),
            allowedTypes: reader.list("labsync.allowed.types"),
            encryptsFiles: try reader.choice("labsync.encryption", default: Switch.yes) == .yes,
            objectBucket: try objectBucket(reader),
            clamd: try clamd(reader.text("labsync.clamd")),
            logLevel: try reader.choice("labsync.log.level", default: .notice),
            tokensPerUser: try reader.number("labsync.tokens.per.user", default: 200_000, in: 0...1_000_000_000),
            tokensPerLab: try reader.number("labsync.tokens.per.lab", default: 2_000_000, in: 0...1_000_000_000),
            firstWeekday: Weekday.allCases.firstIndex(
                of: try reader.choice("labsync.week.start", default: Weekday.monday)
            ) ?? 0,
            timeZone: try timeZone(reader.text("labsync.timezone")),
            token: reader.text("labsync.token", isSecret: true)
        )
    }

    private static func realtimeLimits(_ reader: SettingsReader) throws -> RealtimeLimits {
        var limits = RealtimeLimits()
        limits.sockets = try reader.number("labsync.realtime.sockets", default: limits.sockets, in: 0...1_000_000)
        limits.socketsPerUser = try reader.number(
            "labsync.realtime.sockets.per.user",
            default: limits.socketsPerUser,
            in: 1...1_000_000
        )
        limits.channelsPerSocket = try reader.number(
            "labsync.realtime.channels",
            default: limits.channelsPerSocket,
            in: 1...10_000
        )
        limits.messagesPerSecond = try reader.number(
            "labsync.realtime.messages",
            default: limits.messagesPerSecond,
            in: 1...1_000_000
        )
        limits.largestBacklog = try reader.number(
            "labsync.realtime.backlog",
            default: limits.largestBacklog,
            in: 65_536...(1 << 30)
        )
        return limits
    }

    private static func objectBucket(_ reader: SettingsReader) throws -> ObjectBucket? {
        guard let name = reader.text("labsync.s3.bucket") else { return nil }
        guard let accessKey = reader.text("aws.access.key.id", isSecret: true),
            let secretKey = reader.text("aws.secret.access.key", isSecret: true)
        else { throw Failure("LABSYNC_S3_BUCKET needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.") }
        let region = reader.text("labsync.s3.region") ?? "us-east-1"
        return ObjectBucket(
            endpoint: reader.text("labsync.s3.endpoint") ?? "https://s3.\(region).amazonaws.com",
            name: name,
            prefix: reader.text("labsync.s3.prefix") ?? "",
            region: region,
            accessKey: accessKey,
            secretKey: secretKey,
            isDirect: try reader.choice("labsync.s3.direct", default: Switch.no) == .yes
        )
    }

    private static func clamd(_ text: String?) throws -> Clamd.Address? {
        guard let text else { return nil }
        guard let address = Clamd.Address(text) else {
            throw Failure("LABSYNC_CLAMD must be a socket's path such as /run/clamav/clamd.ctl, or host:port.")
        }
        return address
    }

    private enum Switch: String, CaseIterable {
        case yes
        case no
    }

    private static func timeZone(_ name: String?) throws -> TimeZone {
        guard let name else { return .gmt }
        guard let zone = TimeZone(identifier: name) else {
            throw Failure("LABSYNC_TIMEZONE must be a zone such as Europe/Berlin.")
        }
        return zone
    }

    private static func trustedProxies(_ texts: [String]) throws -> TrustedProxies {
        guard let proxies = TrustedProxies(texts) else {
            throw Failure(
                "LABSYNC_TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, with commas between."
            )
        }
        return proxies
    }

    private enum SignUp: String, CaseIterable {
        case open
        case invite
    }

    /// A key, an address or a model's name says that a model is wanted; without any there is none.
    private static func languageModel(_ reader: SettingsReader, key: String?, baseURL: String?) throws -> LanguageModel?
    {
        let name = reader.text("labsync.model")
        guard key != nil || baseURL != nil || name != nil else { return nil }
        return LanguageModel(
            name: name ?? "gpt-4o-mini",
            baseURL: baseURL ?? "https://api.openai.com/v1",
            key: key,
            replyTimeout: .seconds(try reader.number("labsync.model.timeout", default: 60, in: 1...600))
        )
    }
}

/// Reads one value at a time and names the variable, never its value, when it is wrong.
private struct SettingsReader {
    private let reader: ConfigReader

    init(_ reader: ConfigReader) {
        self.reader = reader
    }

    /// Empty means unset, as `NAME= program` does in a shell.
    func text(_ key: String, isSecret: Bool = false) -> String? {
        guard let text = reader.string(forKey: ConfigKey(key), isSecret: isSecret), !text.isEmpty else { return nil }
        return text
    }

    func list(_ key: String) -> [String] {
        (text(key) ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    func number(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = text(key) else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            throw Failure("\(variable(key)) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default fallback: Choice) throws -> Choice
    where Choice.RawValue == String {
        guard let text = text(key) else { return fallback }
        guard let choice = Choice(rawValue: text.lowercased()) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure("\(variable(key)) must be one of: \(choices).")
        }
        return choice
    }

    private func variable(_ key: String) -> String {
        key.replacingOccurrences(of: ".", with: "_").uppercased()
    }
}
