import Calls
import SIP
import Wire

/// Reads one `<gateway>`: of a profile, or of a user in the directory.
struct GatewayReader {
    private var gateway: GatewaySettings
    private var unused: [String] = []

    /// `nil` when it cannot be used.
    static func read(
        _ element: XMLElement, lists: AccessLists, _ report: inout ConfigurationReport
    ) -> GatewaySettings? {
        guard let name = element["name"], GatewaySettings.isValidName(name) else {
            report.fail("a gateway needs a name of letters, digits, '.', '-' and '_'", at: element.origin)
            return nil
        }
        var reader = GatewayReader(gateway: GatewaySettings(name: name))
        for parameter in report.parameters(of: element, besides: ["variables"]) {
            reader.take(parameter, lists, &report)
        }
        for variable in element.children(named: "variables").flatMap({ $0.children(named: "variable") }) {
            reader.takeVariable(variable, &report)
        }
        if !reader.unused.isEmpty {
            report.noEffect("gateway '\(name)': \(reader.unused.joined(separator: ", "))", at: element.origin)
        }
        return reader.isComplete(element.origin, &report) ? reader.gateway : nil
    }

    private init(gateway: GatewaySettings) { self.gateway = gateway }

    private mutating func isComplete(_ origin: Origin, _ report: inout ConfigurationReport) -> Bool {
        guard gateway.registers else {
            if gateway.username.isEmpty { gateway.username = "parley" }
            return true
        }
        for (name, value) in [("username", gateway.username), ("password", gateway.password)] where value.isEmpty {
            report.fail("gateway '\(gateway.name)' registers and has no \(name)", at: origin)
            return false
        }
        return true
    }

    private mutating func take(
        _ parameter: Parameter, _ lists: AccessLists, _ report: inout ConfigurationReport
    ) {
        let isKnown =
            takeAccount(parameter, &report) || takeRegistration(parameter, &report) || takeCall(parameter, &report)
        if isKnown { return }
        guard parameter.name == "gw-auth-acl" else { return unused.append(parameter.name) }
        gateway.authACL = lists[parameter.value]
        guard gateway.authACL == nil else { return }
        report.fail("gw-auth-acl: no list '\(parameter.value)' in acl.conf", at: parameter.origin)
    }

    private mutating func takeAccount(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "username": gateway.username = parameter.value
        case "password": gateway.password = parameter.value
        case "auth-username": gateway.authUsername = report.text(parameter)
        case "realm": gateway.realm = report.text(parameter)
        case "proxy": gateway.proxy = report.text(parameter)
        case "register-proxy": gateway.registerProxy = report.text(parameter)
        case "outbound-proxy": gateway.outboundProxy = report.text(parameter)
        case "from-user": gateway.fromUser = report.text(parameter)
        case "from-domain": gateway.fromDomain = report.text(parameter)
        case "extension": gateway.extension = report.text(parameter)
        case "extension-in-contact":
            gateway.putsExtensionInContact = report.boolean(parameter) ?? gateway.putsExtensionInContact
        case "contact-host": gateway.contactHost = report.text(parameter)
        case "contact-params":
            gateway.contactParameters = report.text(parameter).map { String($0.drop { $0 == ";" }) }
        case "distinct-to": gateway.hasDistinctTo = report.boolean(parameter) ?? gateway.hasDistinctTo
        default: return false
        }
        return true
    }

    private mutating func takeRegistration(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "register": gateway.registers = report.boolean(parameter) ?? gateway.registers
        case "register-transport":
            switch parameter.value.lowercased() {
            case "udp": gateway.transport = .udp
            case "tcp": gateway.transport = .tcp
            case "tls": gateway.transport = .tls
            default:
                report.fail(
                    "register-transport: '\(parameter.value)' is not udp, tcp or tls", at: parameter.origin)
            }
        case "expire-seconds": gateway.expires = report.seconds(parameter) ?? gateway.expires
        case "retry-seconds": gateway.retry = report.seconds(parameter) ?? gateway.retry
        case "timeout-seconds": gateway.timeout = report.seconds(parameter) ?? gateway.timeout
        case "908-retry-seconds": gateway.timeoutRetry = report.seconds(parameter)
        case "ping": gateway.ping = report.seconds(parameter)
        case "ping-min": gateway.pingMinimum = report.integer(parameter, in: 1...100) ?? gateway.pingMinimum
        case "ping-max": gateway.pingMaximum = report.integer(parameter, in: 1...100) ?? gateway.pingMaximum
        case "contact-in-ping": gateway.putsContactInPing = report.boolean(parameter) ?? gateway.putsContactInPing
        case "ping-user-agent": gateway.pingUserAgent = report.text(parameter)
        case "rfc-5626": gateway.usesOutbound = report.boolean(parameter) ?? gateway.usesOutbound
        case "reg-id": gateway.regID = report.integer(parameter, in: 1...1_000) ?? gateway.regID
        default: return false
        }
        return true
    }

    private mutating func takeCall(_ parameter: Parameter, _ report: inout ConfigurationReport) -> Bool {
        switch parameter.name {
        case "context": gateway.context = report.text(parameter)
        case "caller-id-in-from": gateway.putsCallerIDInFrom = report.boolean(parameter) ?? gateway.putsCallerIDInFrom
        case "destination-prefix": gateway.destinationPrefix = parameter.value
        case "max-calls": gateway.maximumCalls = report.integer(parameter, in: 1...1_000_000)
        case "max-calls-per-second": gateway.callsPerSecond = report.limit(parameter).map(Double.init)
        case "cid-type", "sip-cid-type":
            guard ["rpid", "pid", "none"].contains(parameter.value) else {
                report.fail("\(parameter.name): '\(parameter.value)' is not rpid, pid or none", at: parameter.origin)
                break
            }
            gateway.callerIDType = parameter.value
        default: return false
        }
        return true
    }

    private mutating func takeVariable(_ element: XMLElement, _ report: inout ConfigurationReport) {
        guard let (name, value) = report.pair(element) else { return }
        let word = element["direction"]?.lowercased() ?? "both"
        guard let direction = GatewaySettings.Direction(rawValue: word) else {
            report.fail("direction: '\(word)' is not inbound, outbound or both", at: element.origin)
            return
        }
        gateway.variables.append(.init(name: name, value: value, direction: direction))
    }
}
