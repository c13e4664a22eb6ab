import Calls
import Conference
import Wire

/// Reads `<domain>` elements: users with what their domain and group give them.
struct DirectoryReader {
    /// What a level of the directory hands down; the inner level wins.
    private struct Inherited {
        var parameters: [String: String] = [:]
        var variables: [String: String] = [:]
    }

    private var users: [User] = []
    private var places: [String: Origin] = [:]
    private var report: ConfigurationReport

    /// - Parameter domain: The server's own, where a login without a domain belongs.
    static func read(_ domains: [XMLElement], domain: String?, _ report: inout ConfigurationReport) -> Directory {
        var reader = DirectoryReader(report: report)
        for element in domains { reader.readDomain(element) }
        report = reader.report
        let first = domains.lazy.compactMap { $0["name"] }.first { !$0.isEmpty }
        return Directory(
            defaultDomain: domain.flatMap { $0.isEmpty ? nil : $0 } ?? first ?? "localhost", users: reader.users)
    }

    private init(report: ConfigurationReport) { self.report = report }

    private mutating func readDomain(_ element: XMLElement) {
        guard let name = element["name"], !name.isEmpty else {
            report.fail("a domain without a name", at: element.origin)
            return
        }
        let inherited = inherit(element, from: Inherited())
        readMembers(of: element, domain: name, inherited)
        for group in element.children(named: "groups").flatMap({ $0.children(named: "group") }) {
            readMembers(of: group, domain: name, inherit(group, from: inherited))
        }
        noEffect(of: element, besides: ["params", "variables", "users", "user", "groups"])
    }

    /// The `<user>` elements of a domain, wherever they stand in it, but for pointers.
    static func users(of domain: XMLElement) -> [XMLElement] {
        let groups = domain.children(named: "groups").flatMap { $0.children(named: "group") }
        return ([domain] + groups).flatMap { element in
            (element.children(named: "user") + element.children(named: "users").flatMap(\.children))
                .filter { $0.name == "user" && $0["type"] != "pointer" }
        }
    }

    private mutating func readMembers(of element: XMLElement, domain: String, _ inherited: Inherited) {
        for user in element.children(named: "user") + element.children(named: "users").flatMap(\.children)
        where user.name == "user" {
            // A pointer only names a user that stands elsewhere as a member of this group.
            if user["type"] == "pointer" { continue }
            readUser(user, domain: domain, inherited)
        }
    }

    private mutating func readUser(_ element: XMLElement, domain: String, _ inherited: Inherited) {
        guard let id = element["id"], !id.isEmpty else {
            report.fail("a user without an id", at: element.origin)
            return
        }
        if element["number-alias"] != nil { report.noEffect("user attribute 'number-alias'", at: element.origin) }
        let merged = inherit(element, from: inherited)
        let user = User(id: id, domain: domain, parameters: merged.parameters, variables: merged.variables)
        if let place = places.updateValue(element.origin, forKey: user.address.lowercased()) {
            report.fail("user '\(user.address)' stands at \(place) already", at: element.origin)
            return
        }
        checkSecret(of: user, at: element.origin)
        noEffect(of: element, besides: ["params", "variables", "gateways"])
        users.append(user)
    }

    private mutating func checkSecret(of user: User, at origin: Origin) {
        if let hash = user.a1Hash {
            guard hash.utf8.count != 32 || !hash.allSatisfy(\.isHexDigit) else { return }
            report.fail("user '\(user.id)': a1-hash is not an MD5 of 32 hex digits", at: origin)
        } else if user.password == nil {
            report.warn("user '\(user.id)' has no password and cannot log in", at: origin)
        } else if user.password == "1234" {
            report.warn("users have the password 1234, which everybody tries first", at: origin)
        }
    }

    private mutating func inherit(_ element: XMLElement, from outer: Inherited) -> Inherited {
        var result = outer
        for parameter in element.children(named: "params").flatMap({ report.parameters(of: $0) }) {
            checkParameter(parameter)
            result.parameters[parameter.name] = parameter.value
        }
        for variable in element.children(named: "variables").flatMap({ $0.children(named: "variable") }) {
            guard let (name, value) = report.pair(variable) else { continue }
            result.variables[name] = value
        }
        return result
    }

    private mutating func checkParameter(_ parameter: Parameter) {
        switch parameter.name {
        case "verto-dialplan":
            guard parameter.value.uppercased() != "XML" else { return }
            report.fail("verto-dialplan: '\(parameter.value)' is not supported, only XML", at: parameter.origin)
        case "conference-capabilities": checkCapabilities(parameter)
        case let name where Self.supported.contains(name): break
        default: report.noEffect("directory parameter '\(parameter.name)'", at: parameter.origin)
        }
    }

    /// Names of commands which the user may give whatever its role.
    private mutating func checkCapabilities(_ parameter: Parameter) {
        for name in parameter.value.split(whereSeparator: { $0 == "," || $0.isWhitespace })
        where !CommandPolicy.knows(String(name)) {
            report.warn("conference-capabilities: there is no command '\(name)'", at: parameter.origin)
        }
    }

    private mutating func noEffect(of element: XMLElement, besides known: Set<String>) {
        for child in element.children where !known.contains(child.name) {
            report.noEffect("<\(child.name)> in <\(element.name)>", at: child.origin)
        }
    }

    private static let supported: Set<String> = [
        "password", "jsonrpc-password", "a1-hash", "jsonrpc-allowed-methods", "jsonrpc-allowed-jsapi",
        "jsonrpc-allowed-fsapi", "jsonrpc-allowed-event-channels", "verto-context", "caller-id-name",
        "caller-id-number", "dial-string", "sip-allowed",
    ]
}
