import Foundation
import Postgres
import TestSupport
import Testing

struct ConnectionPartsTests {
    @Test(arguments: [
        ("host=db password=s3cret dbname='a \\'lab\\''", "s3cret"),
        ("postgresql://labsync:s3%20cret@db:5433/lab?sslmode=require", "s3 cret"),
        ("postgresql://db/lab?password=s3cret", "s3cret"), ("host=/run/x dbname=lab", nil), ("lab", nil),
    ])
    func `the password is apart from the rest`(_ connectionString: String, _ password: String?) {
        let parts = ConnectionParts(connectionString)

        #expect(parts.password == password)
        #expect(!parts.withoutPassword.contains("cret"))
        #expect(parts.withoutPassword.contains("lab"))
    }

    @Test func `a database is dumped by what is left`() async throws {
        try await TestLab.with { lab in
            let file = "\(lab.folder)/dump"
            try await DatabaseDump(connectionString: "\(lab.connectionString) password='never seen'").write(to: file)

            #expect(try Data(contentsOf: URL(filePath: file)).starts(with: Data("PGDMP".utf8)))
        }
    }
}
