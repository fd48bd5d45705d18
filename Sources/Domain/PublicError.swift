/// A failure in words that its cause, a person, may read: a code and a sentence that says what to do.
public struct PublicError: Error, Hashable, Sendable {
    public enum Code: String, Sendable, CaseIterable {
        case invalid
        case unauthenticated
        case forbidden
        /// Also said of what exists but is hidden from the asker.
        case notFound = "not_found"
        case conflict
        case preconditionFailed = "precondition_failed"
        case tooLarge = "too_large"
        case unsupportedType = "unsupported_type"
        case idempotencyMismatch = "idempotency_mismatch"
        case tooManyRequests = "too_many_requests"
        case storageFull = "storage_full"
        case unavailable
    }

    /// One wrong field of the input: a JSON pointer or parameter name, and what is wrong with it.
    public struct Field: Hashable, Sendable {
        public let pointer: String
        public let detail: String

        public init(_ pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    public let code: Code
    public let sentence: String
    public let fields: [Field]
    /// Seconds after which trying again makes sense, where that is known.
    public let retryAfter: Int?

    public init(_ code: Code, _ sentence: String, fields: [Field] = [], retryAfter: Int? = nil) {
        self.code = code
        self.sentence = sentence
        self.fields = fields
        self.retryAfter = retryAfter
    }
}
