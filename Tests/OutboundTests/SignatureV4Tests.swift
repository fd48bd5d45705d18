import Foundation
import Outbound
import Testing

/// Against the examples that Amazon prints in its documentation of Signature Version 4.
struct SignatureV4Tests {
    private let signature = SignatureV4(
        accessKey: "AKIAIOSFODNN7EXAMPLE",
        secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region: "us-east-1"
    )
    private let host = "examplebucket.s3.amazonaws.com"
    /// 2013-05-24T00:00:00Z.
    private let time = Date(timeIntervalSince1970: 1_369_353_600)
    private let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    private func signed(_ request: SignatureV4.Request, payload: String) -> String {
        let header = signature.headers(for: request, payload: payload, at: time)["Authorization"] ?? ""
        return String(header.suffix(64))
    }

    @Test func `fetching a range`() {
        let request = SignatureV4.Request("GET", host: host, path: "/test.txt", headers: ["range": "bytes=0-9"])
        #expect(
            signed(request, payload: nothing) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        )
    }

    @Test func `storing under a name with a dollar sign`() {
        let request = SignatureV4.Request(
            "PUT",
            host: host,
            path: "/test$file.text",
            headers: ["date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"]
        )
        let payload = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        #expect(
            signed(request, payload: payload) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        )
    }

    @Test func `listing`() {
        let request = SignatureV4.Request("GET", host: host, path: "/", query: ["max-keys": "2", "prefix": "J"])
        #expect(
            signed(request, payload: nothing) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        )
    }

    @Test func `an address that is signed`() {
        let request = SignatureV4.Request("GET", host: host, path: "/test.txt")
        let address = signature.presigned(request, seconds: 86_400, at: time)
        #expect(
            address.hasPrefix("/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F")
        )
        #expect(
            address.hasSuffix("Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        )
    }
}
