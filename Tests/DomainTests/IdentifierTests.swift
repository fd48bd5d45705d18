import Domain
import Foundation
import Testing

struct IdentifierTests {
    @Test func `an id is written as a lower-case UUID`() throws {
        let id = try #require(UserID("0F8FAD5B-D9CB-469F-A165-70867728950E"))

        #expect(id.description == "0f8fad5b-d9cb-469f-a165-70867728950e")
        #expect(String(decoding: try JSONEncoder().encode([id]), as: UTF8.self) == "[\"\(id)\"]")
    }

    @Test(arguments: ["", "1", "0f8fad5b", "0f8fad5b-d9cb-469f-a165-70867728950g"])
    func `what is no UUID is no id`(text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test func `numbers and booleans of JSON are told apart`() throws {
        let values = try #require(JSONSerialization.jsonObject(with: Data("[true, 1, 0, false]".utf8)) as? [Any])

        #expect(values.map(JSONNumber.isBoolean) == [true, false, false, true])
    }
}
