public import Domain

/// The people of the lab and their roles.
public protocol MemberStore: Sendable {
    /// Throws when the credential was ended, or its holder has left the lab.
    func requireStanding(of principal: Principal) async throws
    func members(_ page: PageRequest, for principal: Principal) async throws -> Page
    func member(_ id: UserID, for principal: Principal) async throws -> JSONText
    func change(_ id: UserID, _ change: MemberChange, for principal: Principal) async throws -> JSONText
    /// Takes part no longer; what they wrote stays. Owners only.
    func deactivate(_ id: UserID, for principal: Principal) async throws

    func roles(for principal: Principal) async throws -> [JSONText]
    func addRole(named name: String, for principal: Principal) async throws -> JSONText
    func renameRole(_ id: RoleID, to name: String, for principal: Principal) async throws -> JSONText
    func deleteRole(_ id: RoleID, for principal: Principal) async throws
    func give(_ role: RoleID, to user: UserID, for principal: Principal) async throws -> JSONText
    func take(_ role: RoleID, from user: UserID, for principal: Principal) async throws
}

/// Nil leaves a column as it is.
public struct MemberChange: Sendable {
    public let fullName: String?
    public let avatarURL: String?

    public init(fullName: String?, avatarURL: String?) throws {
        guard fullName != nil || avatarURL != nil else {
            throw Limits.invalid("full_name", "is required, or avatar_url")
        }
        try Limits.check(fullName, "full_name", Limits.name)
        try Limits.checkAddress(avatarURL, "avatar_url")
        self.fullName = fullName
        self.avatarURL = avatarURL
    }
}
