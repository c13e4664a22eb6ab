extension STUNMessage {
    /// Puts one message together: attributes in the order they are added, then ``finish(integrity:fingerprint:)``.
    package struct Builder: Sendable {
        private let transactionID: STUNTransactionID
        private var bytes: [UInt8] = []

        package init(_ kind: Kind, transactionID: STUNTransactionID) {
            self.transactionID = transactionID
            bytes.reserveCapacity(128)
            bytes.append(bigEndian: kind.type)
            bytes.append(bigEndian: UInt16(0))
            bytes.append(bigEndian: STUNMessage.magicCookie)
            bytes.append(bigEndian: transactionID.high)
            bytes.append(bigEndian: transactionID.low)
        }

        /// `theirs:ours` in a request we send (RFC 8445 §7.2.2).
        package mutating func add(username: String) {
            add(STUNAttribute.username, Array(username.utf8))
        }

        package mutating func add(priority: UInt32) {
            add(STUNAttribute.priority, number: priority)
        }

        package mutating func addUseCandidate() {
            add(STUNAttribute.useCandidate, [])
        }

        /// - Parameter iceControlling: The tie-breaker (RFC 8445 §7.3.1.1).
        package mutating func add(iceControlling: UInt64) {
            add(STUNAttribute.iceControlling, number: iceControlling)
        }

        /// - Parameter iceControlled: The tie-breaker (RFC 8445 §7.3.1.1).
        package mutating func add(iceControlled: UInt64) {
            add(STUNAttribute.iceControlled, number: iceControlled)
        }

        /// XOR-MAPPED-ADDRESS: the source of the request this answers.
        package mutating func add(mappedAddress: TransportAddress) {
            add(STUNAttribute.xorMappedAddress, mappedAddress.xorMapped(transactionID))
        }

        /// - Parameter errorCode: 300 to 699; the reason is for people.
        package mutating func add(errorCode: Int, reason: String) {
            precondition((300...699).contains(errorCode), "STUN error codes have three digits from 300 to 699")
            add(STUNAttribute.errorCode, [0, 0, UInt8(errorCode / 100), UInt8(errorCode % 100)] + reason.utf8)
        }

        /// What we did not understand, in a 420 (RFC 8489 §14.10).
        package mutating func add(unknownAttributes types: [UInt16]) {
            var value: [UInt8] = []
            for type in types { value.append(bigEndian: type) }
            add(STUNAttribute.unknownAttributes, value)
        }

        package mutating func add(software: String) {
            add(STUNAttribute.software, Array(software.utf8))
        }

        /// Completes the message; the builder holds it afterwards and is not to be used again.
        ///
        /// - Parameters:
        ///   - integrity: HMAC-SHA1, 20 bytes, of what it is given; `nil` for a message without MESSAGE-INTEGRITY.
        ///   - fingerprint: Whether FINGERPRINT comes last, as ICE demands (RFC 8445 §7.2.2).
        package mutating func finish(integrity: ((Span<UInt8>) -> [UInt8])?, fingerprint: Bool) -> [UInt8] {
            if let integrity {
                setLength(withAttributeOf: 20)
                add(STUNAttribute.messageIntegrity, integrity(bytes.span))
            }
            if fingerprint {
                setLength(withAttributeOf: 4)
                add(STUNAttribute.fingerprint, number: STUNFingerprint.of(bytes.span))
            }
            return bytes
        }

        private mutating func add(_ type: UInt16, number: some FixedWidthInteger) {
            var value: [UInt8] = []
            value.append(bigEndian: number)
            add(type, value)
        }

        /// Appends an attribute, and keeps the length field true. An attribute that does not fit into the 64 KiB of a
        /// message is cut off.
        private mutating func add(_ type: UInt16, _ value: [UInt8]) {
            let value = value.prefix(max(0, Self.longestMessage - bytes.count))
            bytes.append(bigEndian: type)
            bytes.append(bigEndian: UInt16(value.count))
            bytes.append(contentsOf: value)
            while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
            setLength(withAttributeOf: nil)
        }

        /// - Parameter size: Bytes of the value of one more attribute to count in.
        private mutating func setLength(withAttributeOf size: Int?) {
            let end = bytes.count + (size.map { $0 + 4 } ?? 0)
            bytes.set(UInt16(truncatingIfNeeded: end - STUNMessage.headerSize), at: 2)
        }

        /// Leaves room for integrity and fingerprint in the 16-bit length.
        private static let longestMessage = 65_000
    }
}
