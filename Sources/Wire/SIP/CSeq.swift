/// Which request of a dialog this is (RFC 3261 §20.16).
package struct CSeq: Hashable, Sendable {
    /// Less than 2^31 (RFC 3261 §8.1.1.5).
    package var number: UInt32
    package var method: SIPMethod

    package init(_ number: UInt32, _ method: SIPMethod) { (self.number, self.method) = (number, method) }

    /// `4711 INVITE`; `nil` when it is not that, or the number is too large.
    package init?(parsing text: String) {
        let parts = SIPScanner.words(text)
        guard parts.count == 2, let number = SIPScanner.number(parts[0].utf8, below: 1 << 31),
            SIPScanner.isToken(parts[1].utf8)
        else { return nil }
        self.init(UInt32(number), SIPMethod(rawValue: String(parts[1])))
    }

    /// As it is on the wire.
    package var text: String { "\(number) \(method.rawValue)" }
}
