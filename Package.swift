// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "parley",
    products: [
        .executable(name: "parley", targets: ["parley"]),
        .executable(name: "parley-load", targets: ["parley-load"]),
        .executable(name: "parley-bench", targets: ["parley-bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries, one module each. Only `Native` imports them, and its tests CSRTP as a second opinion.
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSRTP", pkgConfig: "libsrtp2", providers: [.apt(["libsrtp2-dev"])]),
        .systemLibrary(name: "COpus", pkgConfig: "opus", providers: [.apt(["libopus-dev"])]),
        .systemLibrary(name: "CVPX", pkgConfig: "vpx", providers: [.apt(["libvpx-dev"])]),
        .systemLibrary(name: "CSpeexDSP", pkgConfig: "speexdsp", providers: [.apt(["libspeexdsp-dev"])]),
        .systemLibrary(name: "CSpanDSP", pkgConfig: "spandsp", providers: [.apt(["libspandsp-dev"])]),
        // Linux calls that glibc hides behind _GNU_SOURCE. Only `Server` and `parley-load` import it.
        .target(name: "CLinux"),

        // Ground: formats and libraries.
        .target(name: "Wire", swiftSettings: strict),
        .target(
            name: "Native", dependencies: ["COpenSSL", "COpus", "CVPX", "CSpeexDSP", "CSpanDSP"], swiftSettings: strict),

        // Rules: rooms and calls, values only.
        .target(name: "Conference", swiftSettings: strict),
        .target(name: "Calls", swiftSettings: strict),

        // Media: one peer, one running room.
        .target(name: "RTC", dependencies: ["Wire", "Native"], swiftSettings: strict),
        .target(
            name: "Engine",
            dependencies: ["Conference", "Calls", "RTC", "Wire", "Native"],
            swiftSettings: strict
        ),

        // Doors.
        .target(name: "Verto", dependencies: ["Wire", "Conference", "Calls"], swiftSettings: strict),
        .target(name: "SIP", dependencies: ["Wire", "Calls"], swiftSettings: strict),

        // I/O.
        .target(
            name: "Server",
            dependencies: [
                "Wire", "Native", "Conference", "Calls", "RTC", "Engine", "Verto", "SIP", "CLinux",
                nio, nioPosix, nioHTTP1, nioWebSocket, nioTLS, nioSSL,
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "parley", dependencies: ["Server", arguments], swiftSettings: strict),

        // The other side of every wire.
        .target(name: "TestKit", dependencies: ["Wire", "Native", "RTC"], swiftSettings: strict),
        .executableTarget(
            name: "parley-load",
            dependencies: [
                "TestKit", "Wire", "Native", "RTC", "CLinux", nio, nioPosix, nioHTTP1, nioWebSocket, nioSSL, arguments,
            ],
            swiftSettings: strict
        ),

        // Budgets: what a tick may allocate. `tools/test` runs it.
        .target(name: "CAllocations", path: "Tests/Budgets/CAllocations"),
        .executableTarget(
            name: "parley-bench",
            dependencies: ["CAllocations", "Engine", "Conference", "RTC", "Wire", "Native", "TestKit"],
            path: "Tests/Budgets/parley-bench",
            swiftSettings: strict
        ),

        // What the network reaches, under fire. `tools/fuzz` builds it once more with libFuzzer.
        .executableTarget(
            name: "parley-fuzz",
            dependencies: ["Wire"],
            path: "Tests/Fuzz/parley-fuzz",
            swiftSettings: strict
        ),

        .testTarget(name: "WireTests", dependencies: ["Wire"], exclude: ["Vectors"], swiftSettings: strict),
        .testTarget(name: "NativeTests", dependencies: ["Native", "CSRTP", "CSpanDSP"], swiftSettings: strict),
        .testTarget(name: "ConferenceTests", dependencies: ["Conference"], swiftSettings: strict),
        .testTarget(name: "CallsTests", dependencies: ["Calls"], swiftSettings: strict),
        .testTarget(name: "RTCTests", dependencies: ["RTC", "Wire", "Native", "TestKit"], swiftSettings: strict),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Engine", "Conference", "Calls", "RTC", "Wire", "Native", "TestKit"],
            swiftSettings: strict
        ),
        .testTarget(name: "VertoTests", dependencies: ["Verto", "Wire", "Conference", "Calls"], swiftSettings: strict),
        .testTarget(name: "SIPTests", dependencies: ["SIP", "Wire", "Calls"], swiftSettings: strict),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "Server", "Wire", "Conference", "Calls", "Verto", "SIP", "TestKit", "RTC", "Native", nio, nioPosix,
                nioSSL,
            ],
            swiftSettings: strict
        ),
    ]
)
