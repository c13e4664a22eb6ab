import Wire

/// Makes nonces and knows them again without remembering them: time and a serial number, sealed with a secret of this
/// process. Who asks for thousands of challenges costs no memory.
struct NonceMint: Sendable {
    enum Finding: Sendable, Equatable {
        /// Not one of ours, not of this realm and algorithm, or from before a restart.
        case unknown
        /// Ours; `isOwn`: it was given to the address that shows it.
        case known(issuedAt: Instant, isOwn: Bool)
    }

    private let crypto: SIPCrypto
    private let secret: String
    private var lastSerial: UInt32 = 0

    init(crypto: SIPCrypto) {
        self.crypto = crypto
        secret = crypto.randomToken(32)
    }

    mutating func nonce(realm: String, _ algorithm: DigestAlgorithm, for source: SourceKey, at now: Instant) -> String {
        lastSerial &+= 1
        let head = Self.hex(UInt64(bitPattern: now.nanoseconds), 16) + Self.hex(UInt64(lastSerial), 8)
        return head + seal(head, realm, algorithm) + mark(head, source)
    }

    func find(_ nonce: String, realm: String, _ algorithm: DigestAlgorithm, from source: SourceKey) -> Finding {
        guard nonce.utf8.count == Self.headLength + Self.sealLength + Self.markLength else { return .unknown }
        let head = String(nonce.prefix(Self.headLength))
        let rest = nonce.dropFirst(Self.headLength)
        guard isEqualInConstantTime(String(rest.prefix(Self.sealLength)), seal(head, realm, algorithm)),
            let bits = UInt64(head.prefix(16), radix: 16)
        else { return .unknown }
        let isOwn = isEqualInConstantTime(String(rest.dropFirst(Self.sealLength)), mark(head, source))
        return .known(issuedAt: Instant(nanoseconds: Int64(bitPattern: bits)), isOwn: isOwn)
    }

    private func seal(_ head: String, _ realm: String, _ algorithm: DigestAlgorithm) -> String {
        String(crypto.digest("\(secret)\n\(head)\n\(algorithm.rawValue)\n\(realm)", .sha256).prefix(Self.sealLength))
    }

    private func mark(_ head: String, _ source: SourceKey) -> String {
        String(crypto.digest("\(secret)\n\(head)\n\(source)", .sha256).prefix(Self.markLength))
    }

    private static func hex(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: width - digits.utf8.count) + digits
    }

    private static let headLength = 24
    private static let sealLength = 32
    private static let markLength = 16
}
