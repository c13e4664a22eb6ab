/// What requests and responses have in common: header fields as types.
///
/// A parsed message has been checked: Via, From, To, Call-ID and CSeq are there and can be read, and so are Contact,
/// Route, Record-Route and Max-Forwards where they are there. Others are `nil` when missing or not readable.
package protocol SIPFields {
    var headers: SIPHeaders { get set }
    var body: [UInt8] { get set }
}

extension SIPFields {
    /// All hops, the nearest first.
    package var via: [Via] {
        get { headers.values("Via").compactMap(Via.init(parsing:)) }
        set { headers.set("Via", all: newValue.map(\.text)) }
    }

    /// The nearest hop. Setting replaces that one alone; `nil` takes it off.
    package var topVia: Via? {
        get { headers["Via"].flatMap { SIPScanner.commaList($0).first }.flatMap(Via.init(parsing:)) }
        set {
            let rest = headers.values("Via").dropFirst()
            headers.set("Via", all: (newValue.map { [$0.text] } ?? []) + rest)
        }
    }

    /// Who asks. An empty address when there is none, which a parsed message does not have.
    package var from: NameAddress {
        get { headers["From"].flatMap(NameAddress.init(parsing:)) ?? .missing }
        set { headers["From"] = newValue.text }
    }

    /// Who is asked; as ``from``.
    package var to: NameAddress {
        get { headers["To"].flatMap(NameAddress.init(parsing:)) ?? .missing }
        set { headers["To"] = newValue.text }
    }

    /// Compared with case; empty when there is none.
    package var callID: String {
        get { headers["Call-ID"] ?? "" }
        set { headers["Call-ID"] = newValue }
    }

    /// 0 and an empty method when there is none, which a parsed message does not have.
    package var cseq: CSeq {
        get { headers["CSeq"].flatMap(CSeq.init(parsing:)) ?? CSeq(0, SIPMethod(rawValue: "")) }
        set { headers["CSeq"] = newValue.text }
    }

    /// 0 to 255; `nil` when missing, which RFC 2543 allows.
    package var maxForwards: Int? {
        get { headers["Max-Forwards"].flatMap { SIPScanner.number($0.utf8, below: 256) } }
        set { headers["Max-Forwards"] = newValue.map { "\($0)" } }
    }

    /// The addresses of Contact; empty for `*` (``isStarContact``). `headers.values("Contact")` has them as written.
    package var contacts: [NameAddress] {
        get { isStarContact ? [] : addresses("Contact") }
        set { setAddresses("Contact", newValue) }
    }

    /// `Contact: *` and nothing else: all bindings (RFC 3261 §10.2.2).
    package var isStarContact: Bool { headers.values("Contact") == ["*"] }

    package var route: [NameAddress] {
        get { addresses("Route") }
        set { setAddresses("Route", newValue) }
    }

    package var recordRoute: [NameAddress] {
        get { addresses("Record-Route") }
        set { setAddresses("Record-Route", newValue) }
    }

    /// RFC 3327.
    package var path: [NameAddress] {
        get { addresses("Path") }
        set { setAddresses("Path", newValue) }
    }

    /// What the body is.
    package var contentType: SIPMediaType? {
        get { headers["Content-Type"].flatMap(SIPMediaType.init(parsing:)) }
        set { headers["Content-Type"] = newValue?.text }
    }

    /// Seconds; a value that is no number of 32 bits counts as 3600 (RFC 3261 §20.19). `nil` when missing.
    package var expires: Int? {
        get { headers["Expires"].map { SIPScanner.number($0.utf8, below: 1 << 32) ?? 3600 } }
        set { headers["Expires"] = newValue.map { "\($0)" } }
    }

    /// Seconds.
    package var minExpires: Int? {
        get { headers["Min-Expires"].flatMap { SIPScanner.number($0.utf8, below: 1 << 32) } }
        set { headers["Min-Expires"] = newValue.map { "\($0)" } }
    }

    package var supported: [String] {
        get { headers.values("Supported") }
        set { setList("Supported", newValue) }
    }

    package var require: [String] {
        get { headers.values("Require") }
        set { setList("Require", newValue) }
    }

    package var unsupported: [String] {
        get { headers.values("Unsupported") }
        set { setList("Unsupported", newValue) }
    }

    package var allow: [SIPMethod] {
        get { headers.values("Allow").map(SIPMethod.init(rawValue:)) }
        set { setList("Allow", newValue.map(\.rawValue)) }
    }

    package var accept: [SIPMediaType] { headers.values("Accept").compactMap(SIPMediaType.init(parsing:)) }

    /// RFC 3891.
    package var replaces: SIPReplaces? {
        get { headers["Replaces"].flatMap(SIPReplaces.init(parsing:)) }
        set { headers["Replaces"] = newValue?.text }
    }

    /// RFC 3515.
    package var referTo: NameAddress? {
        get { headers["Refer-To"].flatMap(NameAddress.init(parsing:)) }
        set { headers["Refer-To"] = newValue?.text }
    }

    /// RFC 3892.
    package var referredBy: NameAddress? {
        get { headers["Referred-By"].flatMap(NameAddress.init(parsing:)) }
        set { headers["Referred-By"] = newValue?.text }
    }

    /// RFC 4028 §4.
    package var sessionExpires: SIPSessionExpires? {
        get { headers["Session-Expires"].flatMap(SIPSessionExpires.init(parsing:)) }
        set { headers["Session-Expires"] = newValue?.text }
    }

    /// Seconds (RFC 4028 §5).
    package var minSE: Int? {
        get { headers["Min-SE"].flatMap(SIPScanner.leadingSeconds) }
        set { headers["Min-SE"] = newValue.map { "\($0)" } }
    }

    /// RFC 3262 §7.2.
    package var rack: RAck? {
        get { headers["RAck"].flatMap(RAck.init(parsing:)) }
        set { headers["RAck"] = newValue?.text }
    }

    /// RFC 3262 §7.1.
    package var rseq: UInt32? {
        get { headers["RSeq"].flatMap { SIPScanner.number($0.utf8, below: 1 << 32) }.map { UInt32($0) } }
        set { headers["RSeq"] = newValue.map { "\($0)" } }
    }

    /// Seconds; comment and parameters are ignored (RFC 3261 §20.33).
    package var retryAfter: Int? {
        get { headers["Retry-After"].flatMap(SIPScanner.leadingSeconds) }
        set { headers["Retry-After"] = newValue.map { "\($0)" } }
    }

    /// Why the call ends, one per protocol (RFC 3326). Not to be confused with a response's phrase.
    package var reasons: [SIPReason] {
        get { headers.values("Reason").compactMap(SIPReason.init(parsing:)) }
        set { setList("Reason", newValue.map(\.text)) }
    }

    /// RFC 6665 §8.2.1.
    package var event: SIPEvent? {
        get { headers["Event"].flatMap(SIPEvent.init(parsing:)) }
        set { headers["Event"] = newValue?.text }
    }

    /// RFC 6665 §8.2.3.
    package var subscriptionState: SIPSubscriptionState? {
        get { headers["Subscription-State"].flatMap(SIPSubscriptionState.init(parsing:)) }
        set { headers["Subscription-State"] = newValue?.text }
    }

    /// RFC 3325 §9.1.
    package var assertedIdentities: [NameAddress] {
        get { addresses("P-Asserted-Identity") }
        set { setAddresses("P-Asserted-Identity", newValue) }
    }

    /// As FreeSWITCH and others write it; never became an RFC.
    package var remotePartyID: [NameAddress] {
        get { addresses("Remote-Party-ID") }
        set { setAddresses("Remote-Party-ID", newValue) }
    }

    package var userAgent: String? {
        get { headers["User-Agent"] }
        set { headers["User-Agent"] = newValue }
    }

    /// Challenges of both kinds of a 401 or 407, those we can answer, in their order.
    package func challenges(_ kind: DigestHeader) -> [DigestChallenge] {
        headers.all(kind.challengeName).flatMap(DigestChallenge.all(in:))
    }

    /// Digest credentials of one kind, in their order; other schemes are left out.
    package func credentials(_ kind: DigestHeader) -> [DigestCredentials] {
        headers.all(kind.credentialsName).compactMap(DigestCredentials.init(parsing:))
    }

    /// Whether an option tag is in Supported or Require.
    package func offers(option: String) -> Bool {
        supported.contains { $0.equalsIgnoringASCIICase(option) }
            || require.contains { $0.equalsIgnoringASCIICase(option) }
    }

    private func addresses(_ name: String) -> [NameAddress] {
        headers.values(name).compactMap(NameAddress.init(parsing:))
    }

    private mutating func setAddresses(_ name: String, _ addresses: [NameAddress]) {
        headers.set(name, all: addresses.map(\.text))
    }

    private mutating func setList(_ name: String, _ values: [String]) {
        headers[name] = values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

extension NameAddress {
    /// What stands for an address that is not there.
    fileprivate static let missing = NameAddress(SIPURI(scheme: .other(""), host: ""))
}
