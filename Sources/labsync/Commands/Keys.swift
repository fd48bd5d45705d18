import ArgumentParser
import Foundation
import Outbound

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change the keys that files in the data folder are encrypted with.",
        subcommands: [List.self, Rotate.self, Rewrite.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The numbers of the keys, and which one encrypts.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let ids = try Keys.ring(try await common.settings()).ids
            print(ids.map { $0 == ids.last ? "\($0) encrypts" : "\($0) decrypts only" }.joined(separator: "\n"))
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new key: what is written from now on is encrypted with it, by running servers too."
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let id = try Keys.ring(try await common.settings()).rotate()
            print("Key \(id) encrypts from now on. `labsync keys rewrite` brings older files to it.")
        }
    }

    struct Rewrite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Encrypt everything anew that the last key did not encrypt, while the lab runs.",
            discussion:
                "A run that finds nothing to do forgets keys that were followed by others a day ago. Backups hold those that they need."
        )

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let settings = try await common.settings()
            let report = try await House.localObjects(settings).rewrite()
            let retired = report.retired.map(String.init).joined(separator: ", ")
            print("\(report.rewritten) objects rewritten.\(retired.isEmpty ? "" : " Keys forgotten: \(retired).")")
            guard report.failed.isEmpty else {
                throw Failure(
                    "\(report.failed.count) objects cannot be opened: restore them from a backup.\n"
                        + report.failed.joined(separator: "\n")
                )
            }
        }
    }

    private static func ring(_ settings: Settings) throws -> KeyRing {
        try KeyRing(path: "\(settings.data)/keys/objects.json")
    }
}
