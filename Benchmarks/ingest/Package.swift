// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ingest-benchmark",
    dependencies: [.package(name: "labsync", path: "../..")],
    targets: [
        .executableTarget(name: "EncoderBench", dependencies: [.product(name: "Retrieval", package: "labsync")])
    ]
)
