import Calls
import Logging
import Native
import RTC
import SIP
import Wire

/// RTP on ports of the call's own, in clear or with keys from the signalling.
struct PhoneMedia {
    let ports: RTPPortPair
    var local: PlainTransport
    /// In our order.
    let codecs: [AudioCodec]
    let secure: SDESPolicy
    /// How long the far end may be silent, and how long on hold.
    let patience: (talking: Duration, held: Duration)
    /// How we tell it keys, where its SDP agrees.
    let keys: SIPProfile.DTMF
    /// What the call's last offer came to.
    var negotiation: PlainNegotiation?
    /// ``negotiation`` is what we expect of an answer that is still to come.
    var isExpected = false
    /// An offer of ours that waits for the answer, or several.
    var offer: PlainOffer?
    var isOpen = false
    /// Keys are told by INFO: that was asked for, or the far end has no telephone events.
    var sendsKeysByINFO: Bool {
        keys == .info || (keys == .rfc2833 && negotiation?.audio.telephoneEvents.isEmpty == true)
    }
    /// ``negotiation`` is another than its loop was told.
    var isChanged = false
    /// The far end is known to be where its SDP says.
    var isProven = true
}

extension Bridge {
    /// Ports and words for one call of a profile; `nil` when there are no ports left.
    ///
    /// - Parameters:
    ///   - remote: Where the far end's messages come from; `nil` when that is not known yet.
    ///   - codecs: Names in our order; those we do not have are left out.
    func phoneMedia(
        _ profile: SIPProfile, near remote: TransportAddress?, codecs: [String], secure: SDESPolicy,
        variables: [String: String]
    ) -> PhoneMedia? {
        guard let address = mediaAddress(profile, near: remote), let ports = helpers.ports.take(on: address) else {
            log.warning("no RTP port for a call", metadata: ["profile": "\(profile.name)"])
            return nil
        }
        let isLocal = remote.map { profile.localNetworks.permits($0) } ?? false
        let outside = isLocal ? nil : profile.advertisedRTP
        // What is advertised stands for addresses of its family alone.
        let shown = outside.flatMap { TransportAddress(ip: $0, port: 0)?.isIPv6 == address.isIPv6 ? $0 : nil }
        let local = PlainTransport(
            ip: shown ?? address.ip, rtpPort: ports.rtpPort, rtcpPort: ports.rtcpPort,
            audioSSRC: UInt32.random(in: 1 ... .max), cname: Token.make(bytes: 9),
            sessionID: UInt64.random(in: 1...(1 << 62)), secret: SecureRandom.bytes(PlainTransport.secretLength))
        let keys = variables["dtmf_type"].flatMap { SIPProfile.DTMF(rawValue: $0.lowercased()) } ?? profile.dtmf
        return PhoneMedia(
            ports: ports, local: local, codecs: AudioCodec.named(codecs), secure: secure,
            patience: (profile.rtpTimeout, profile.rtpHoldTimeout), keys: keys)
    }

    /// Where its media are received: the profile's address, else one of the server's of the far end's family.
    private func mediaAddress(_ profile: SIPProfile, near remote: TransportAddress?) -> TransportAddress? {
        let ours = profile.rtpAddresses + (candidates.first?.compactMap { TransportAddress(ip: $0.ip, port: 0) } ?? [])
        let isIPv6 = remote?.isIPv6 ?? profile.rtpAddresses.first?.isIPv6 ?? false
        return ours.first { $0.isIPv6 == isIPv6 } ?? ours.first
    }
}

extension SDESPolicy {
    /// - Parameter isOffer: Keys are offered only where that was asked for: not every phone likes them.
    init(_ profile: SIPProfile, _ variables: [String: String], isOffer: Bool) {
        let wanted = variables["rtp_secure_media"] ?? variables["sip_secure_media"]
        switch wanted?.prefix(while: { $0 != ":" }).lowercased() {
        case "true", "mandatory", "yes", "on": self = .required
        case "optional": self = .optional
        case "false", "forbidden", "no", "off": self = .none
        default:
            switch profile.secureMedia {
            case .none: self = .none
            case .optional: self = isOffer ? .none : .optional
            case .required: self = .required
            }
        }
    }
}

extension AudioCodec {
    /// The codecs of a list, in its order: `PCMU@8000h@20i` is `pcmu`, whatever its case.
    static func named(_ names: [String]) -> [AudioCodec] {
        var found: [AudioCodec] = []
        for name in names {
            let word = name.prefix { !"@:~".contains($0) }
            if let codec = AudioCodec(name: String(word)), !found.contains(codec) { found.append(codec) }
        }
        return found
    }
}

extension Leg {
    /// The codecs that the dial string or the dialplan names; `nil` when neither does.
    var codecNames: [String]? {
        let list = variables["absolute_codec_string"] ?? variables["codec_string"]
        return list.map { $0.split(separator: ",").map { String($0.filter { $0 != " " }) } }
    }
}

extension SIPSettings {
    /// In which context whom may be called.
    var routes: SIPRoutes {
        var routes = SIPRoutes()
        for profile in profiles {
            routes.profiles[profile.name] = profile.context
            for gateway in profile.gateways { routes.gateways[gateway.name] = gateway.context ?? profile.context }
        }
        return routes
    }
}

extension SIPInvite {
    /// Whom its calls count for: the user, the gateway or the address it came from.
    var owner: String { user ?? gateway ?? remoteAddress }
}

extension SIPTarget {
    /// Why it cannot be called when its profile is not there.
    var causeWithoutProfile: HangupCause {
        switch self {
        case .gateway: .invalidGateway
        case .caller, .address, .binding: .invalidProfile
        }
    }
}

extension TransferRefusal {
    /// The answer to the REFER that asked for it.
    var status: Int {
        switch self {
        case .noSuchCall, .invalidLeg: 481
        case .badDestination: 400
        default: 403
        }
    }
}
