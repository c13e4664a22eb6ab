package import Wire

/// One sofia profile: a set of sockets and what holds for the calls that come and go through them.
///
/// Names in parentheses are FreeSWITCH's parameters of `sip_profiles/*.xml`.
package struct SIPProfile: Sendable, Equatable {
    /// One address to listen on.
    package struct Listen: Sendable, Hashable {
        package let transport: SIPTransport
        package let address: TransportAddress

        package init(_ transport: SIPTransport, _ address: TransportAddress) {
            (self.transport, self.address) = (transport, address)
        }
    }

    /// The realm of a challenge (`challenge-realm`).
    package enum Realm: Sendable, Equatable {
        /// `auto_from`, `auto_to`: the host of that header where a domain of the directory is called so, else the
        /// default domain.
        case from
        case to
        case fixed(String)
    }

    package enum DTMF: String, Sendable, CaseIterable { case rfc2833, info, none }

    /// SDES-SRTP (`rtp-secure-media`).
    package enum SecureMedia: String, Sendable, CaseIterable {
        case none
        /// Taken when offered, offered beside plain RTP.
        case optional
        case required
    }

    package let name: String
    /// Dialplan context of calls whose user or gateway names none (`context`).
    package var context = "public"
    package var dialplan = "XML"
    /// `sip-ip`, `sip-port`, `tls-sip-port`, `ws-binding`, `wss-binding`.
    package var listens: [Listen] = []

    // What we say where we are.
    /// Address text for Via and Contact when the far end is not in ``localNetworks`` (`ext-sip-ip`); `nil`: the
    /// socket's own.
    package var advertisedSIP: String?
    /// The same for media (`ext-rtp-ip`).
    package var advertisedRTP: String?
    /// Where media ports are bound (`rtp-ip`), one of each family at most; of a family without one it is the server's.
    package var rtpAddresses: [TransportAddress] = []
    /// Addresses that are told our own address and not the advertised one (`local-network-acl`).
    package var localNetworks = AccessList(name: "localnet.auto")
    /// `sip-domain`, `force-register-domain`, …: the domain that REGISTER and calls are looked up in; `nil`: the one
    /// the request names, where the directory has it, else the directory's default.
    package var forcedDomain: String?
    /// User part of our Contact (`username`).
    package var contactUser = "mod_sofia"

    // Who may call.
    /// INVITEs must come from a user of the directory, unless ``inboundACL`` lets their address in (`auth-calls`).
    package var authenticatesCalls = true
    /// Instead of a challenge 403 (`auth-calls-acl-only`).
    package var refusesInsteadOfChallenge = false
    package var realm = Realm.from
    /// `apply-inbound-acl`: with ``authenticatesCalls`` a match replaces digest; without it no match is 403. All lists
    /// must let an address in. Empty: none is asked.
    package var inboundACL: [AccessList] = []
    /// `apply-register-acl`: no match is 403. It never replaces digest.
    package var registerACL: [AccessList] = []
    /// The user of the credentials must be the user of From and To (`inbound-reg-force-matching-username`).
    package var forcesMatchingUsername = true
    /// Nonces live so long (`nonce-ttl`).
    package var nonceLifetime: Duration = .seconds(60)
    /// Challenges in their order (`rfc8760-auth-algorithms`). WebSocket paths get MD5 first whatever stands here.
    package var challengeAlgorithms: [DigestAlgorithm] = [.sha256, .md5]
    /// Log lines name failed logins (`log-auth-failures`).
    package var logsAuthenticationFailures = true
    /// REFER is obeyed (`disable-transfer` is the opposite).
    package var transfersAllowed = true
    /// MESSAGE becomes chat (`disable-messages` is the opposite).
    package var messagesAllowed = true
    /// Caller id is taken from P-Asserted-Identity or Remote-Party-ID of trusted sources (`caller-id-in-from` …).
    package var trustsAssertedIdentity = true

    // Registrations.
    /// REGISTER is served (`disable-register` is the opposite).
    package var registers = true
    /// `sip-expires-min`, `sip-force-expires`, `sip-expires-max`.
    package var minimumExpires: Duration = .seconds(60)
    package var defaultExpires: Duration = .seconds(3600)
    package var defaultWebSocketExpires: Duration = .seconds(600)
    package var maximumExpires: Duration = .seconds(7200)
    /// Bindings of one user (`max-registrations-per-extension`); one more is 403.
    package var maxRegistrationsPerUser = 10
    /// A user's new registration removes the others (`multiple-registrations` = false).
    package var allowsMultipleRegistrations = true
    /// Bindings behind NAT on UDP get an OPTIONS so often (`all-reg-options-ping`, `nat-options-ping`); `nil`: none.
    package var bindingPingInterval: Duration? = .seconds(30)
    /// Pings without an answer after which a binding is removed (`sip-user-ping-max`).
    package var bindingPingFailures = 4
    /// A contact whose host is not the source of its REGISTER is reached at the source, not at its host
    /// (`aggressive-nat-detection`, `NDLB-received-in-nat-reg-contact`).
    package var aggressiveNATDetection = true

    // Calls.
    /// Codec names in order (`inbound-codec-prefs`): what we take of an offer.
    package var inboundCodecs = ["OPUS", "G722", "PCMU", "PCMA"]
    /// What we offer (`outbound-codec-prefs`).
    package var outboundCodecs = ["OPUS", "G722", "PCMU", "PCMA"]
    /// How digits are sent (`dtmf-type`); they are understood in every form.
    package var dtmf = DTMF.rfc2833
    package var secureMedia = SecureMedia.optional
    /// `session-timeout`; `nil` or 0: no session timer is asked for (RFC 4028).
    package var sessionTimeout: Duration? = .seconds(1800)
    /// `minimum-session-expires`; never above 90 s, or browsers are lost.
    package var minimumSE: Duration = .seconds(90)
    /// `enable-100rel` (RFC 3262).
    package var reliableProvisional = false
    /// Silence after which a call is dead (`rtp-timeout-sec`), and on hold (`rtp-hold-timeout-sec`).
    package var rtpTimeout: Duration = .seconds(300)
    package var rtpHoldTimeout: Duration = .seconds(1800)
    /// Calls of this profile at one time; `nil`: only the limit of all profiles.
    package var maximumCalls: Int?
    /// Calls at one time of one address (IPv6: one /64) that is neither a gateway's nor listed nor a user's
    /// (`max-calls-per-source`); `nil`: no limit. Above it 503.
    package var maximumCallsPerSource: Int? = 30
    /// Calls at one time of one caller at one address to one destination, unless the address is a gateway's or listed
    /// (`max-calls-per-pair`); `nil`: no limit. Above it 486: it goes round in circles, or calls for the sake of it.
    package var maximumCallsPerPair: Int? = 10
    /// Calls a second that may come from addresses that are neither a gateway's nor listed (`max-calls-per-second`);
    /// `nil`: no limit. Above it 503.
    package var callsPerSecond: Double? = 100

    package var gateways: [GatewaySettings] = []

    package init(name: String) { self.name = name }
}

extension SIPProfile {
    /// Whether every list of ``inboundACL`` lets `address` in; `nil` without a list.
    package func permitsCalls(from address: TransportAddress) -> Bool? {
        inboundACL.isEmpty ? nil : inboundACL.allSatisfy { $0.permits(address) }
    }

    /// Whether `address` may register.
    package func permitsRegistration(from address: TransportAddress) -> Bool {
        registerACL.allSatisfy { $0.permits(address) }
    }

    /// ``challengeAlgorithms`` for a path: browsers look at the first challenge only and know nothing but MD5.
    package func challengeAlgorithms(for transport: SIPTransport) -> [DigestAlgorithm] {
        switch transport {
        case .webSocket, .secureWebSocket: [.md5] + challengeAlgorithms.filter { $0 != .md5 }
        case .udp, .tcp, .tls: challengeAlgorithms
        }
    }
}
