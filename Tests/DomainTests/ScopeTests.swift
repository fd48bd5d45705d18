import Domain
import Testing

struct ScopeTests {
    private let me = UserID()
    private let other = UserID()

    @Test func `every scope survives being written and read`() {
        let scopes: [Scope] = [
            .everyone, .conversation(ConversationID()), .author(me), .roles([1, 3], author: other),
            .roles([], author: me),
        ]

        for scope in scopes { #expect(Scope(scope.description) == scope) }
    }

    @Test(arguments: ["", "nobody", "conversation:", "conversation:x", "author:1", "roles:1", "everyone:all"])
    func `what is no scope is refused`(text: String) {
        #expect(Scope(text) == nil)
    }

    @Test func `grants admit their own conversations, roles and authorship, and everyone's`() {
        let mine = ConversationID()
        let grants = Grants(user: me, roles: [2], conversations: [mine])

        #expect(grants.admit(.everyone))
        #expect(grants.admit(.conversation(mine)))
        #expect(grants.admit(.author(me)))
        #expect(grants.admit(.roles([1, 2], author: other)))
        #expect(grants.admit(.roles([], author: me)))
    }

    @Test func `grants admit nothing of others`() {
        let grants = Grants(user: me, roles: [2], conversations: [])

        #expect(!grants.admit(.conversation(ConversationID())))
        #expect(!grants.admit(.author(other)))
        #expect(!grants.admit(.roles([1, 3], author: other)))
        #expect(!grants.admit(.roles([], author: other)))
    }
}
