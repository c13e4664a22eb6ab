package import Wire

/// One `<gateway>` of a profile or of a directory user: a provider we register to, or send calls to.
///
/// Names in parentheses are FreeSWITCH's parameters.
package struct GatewaySettings: Sendable, Equatable {
    /// Which calls a gateway's variables are set on.
    package enum Direction: String, Sendable { case inbound, outbound, both }

    package struct Variable: Sendable, Equatable {
        package let name: String
        package let value: String
        package let direction: Direction

        package init(name: String, value: String, direction: Direction = .both) {
            (self.name, self.value, self.direction) = (name, value, direction)
        }

        /// Whether it is set on calls that come in, or on calls that go out.
        package func applies(to direction: Direction) -> Bool { self.direction == .both || self.direction == direction }
    }

    /// Letters, digits, `.`, `-` and `_`; see ``isValidName(_:)``.
    package let name: String
    package var username = ""
    package var password = ""
    /// Digest username (`auth-username`); `nil`: ``username``.
    package var authUsername: String?
    package var realm: String?
    /// Host of REGISTER's and INVITE's Request-URI, with `:port` where given (`proxy`); `nil`: the realm.
    package var proxy: String?
    /// False: state NOREG, up at once (`register`).
    package var registers = true
    /// Next hop of REGISTER (`register-proxy`), of everything else (`outbound-proxy`): host, or `sip:` URI.
    package var registerProxy: String?
    package var outboundProxy: String?
    /// `register-transport`.
    package var transport = SIPTransport.udp
    /// `expire-seconds`; under 5 s it is 3600.
    package var expires: Duration = .seconds(3600)
    /// `retry-seconds`; under 5 s it is 30.
    package var retry: Duration = .seconds(30)
    /// `timeout-seconds`: a REGISTER without an answer for so long is given up.
    package var timeout: Duration = .seconds(60)
    /// `908-retry-seconds`: the pause after that; `nil`: ``retry``.
    package var timeoutRetry: Duration?
    /// `from-user`; `nil`: ``username``.
    package var fromUser: String?
    /// `from-domain`; `nil`: the proxy.
    package var fromDomain: String?
    /// User part of our Contact when ``putsExtensionInContact``, and destination of its calls to us (`extension`);
    /// `nil`: the username.
    package var `extension`: String?
    /// `extension-in-contact`; false: the Contact's user is `gw+NAME`.
    package var putsExtensionInContact = false
    /// `contact-params`: further URI parameters of our Contact, without the first semicolon.
    package var contactParameters: String?
    /// `contact-host`.
    package var contactHost: String?
    /// True: From is the caller, not the account (`caller-id-in-from`).
    package var putsCallerIDInFrom = false
    /// REGISTER's To is `sip:username@proxy` instead of From (`distinct-to`).
    package var hasDistinctTo = false
    /// Digits before every number (`destination-prefix`).
    package var destinationPrefix = ""
    /// OPTIONS so often (`ping`, at least 5 s); `nil`: none.
    package var ping: Duration?
    /// Answers in a row that bring it up (`ping-min`); the count runs from 0 to ``pingMaximum`` (`ping-max`).
    package var pingMinimum = 1
    package var pingMaximum = 1
    /// `contact-in-ping`.
    package var putsContactInPing = false
    /// `User-Agent` of pings (`ping-user-agent`); `nil`: the door's.
    package var pingUserAgent: String?
    /// `rfc-5626`, `reg-id`: the Contact names an instance and a flow.
    package var usesOutbound = false
    package var regID = 1
    /// Who may challenge us besides the gateway's own addresses (`gw-auth-acl`).
    package var authACL: AccessList?
    /// Dialplan context of its calls to us (`context`); `nil`: the profile's.
    package var context: String?
    package var variables: [Variable] = []
    /// Its calls at one time, both ways; `nil`: the door's limit.
    package var maximumCalls: Int?
    /// Its calls a second, both ways (`max-calls-per-second`); `nil`: no limit.
    package var callsPerSecond: Double?
    /// Caller id header of placed calls (`cid-type`, as `sip_cid_type`): `rpid`, `pid` or `none`.
    package var callerIDType = "rpid"

    package init(name: String) { self.name = name }

    /// What FreeSWITCH lets a gateway be called: `^[\w\.\-\_]+$`.
    package static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}

extension GatewaySettings {
    /// The values as they are used: too short times become the defaults, what is missing is taken from what is there.
    package var effectiveRealm: String { realm ?? proxy ?? name }
    package var effectiveProxy: String { proxy ?? realm ?? name }
    package var effectiveAuthUsername: String { authUsername ?? username }
    package var effectiveFromUser: String { fromUser ?? username }
    package var effectiveFromDomain: String { fromDomain ?? effectiveProxy }
    package var effectiveExpires: Duration { expires < .seconds(5) ? .seconds(3600) : expires }
    package var effectiveRetry: Duration { retry < .seconds(5) ? .seconds(30) : retry }
    package var effectivePing: Duration? { ping.map { max($0, .seconds(5)) } }
    /// Where its calls to us go: ``extension``, else the account.
    package var inboundDestination: String { self.extension ?? username }
    package var contactUser: String { putsExtensionInContact ? inboundDestination : "gw+\(name)" }
}
