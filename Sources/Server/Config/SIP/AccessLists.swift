import Calls
package import SIP
import Wire

/// `acl.conf`: the lists of addresses that profiles name, and those that need no configuration.
package struct AccessLists: Sendable, Equatable {
    private var lists: [String: AccessList] = [:]

    /// - Parameter local: The networks of this machine (`localnet.auto`).
    package init(local: [Network]) {
        for list in AccessList.builtIn(local: local) { lists[list.name] = list }
        for (name, alias) in Self.aliases { lists[name] = lists[alias].map { $0.named(name) } }
        for (name, network) in [("any_v4.auto", "0.0.0.0/0"), ("any_v6.auto", "::/0")] {
            let rules = [Network(network)].compactMap { $0 }.map { AccessList.Rule($0, isAllowed: true) }
            lists[name] = AccessList(name: name, rules: rules)
        }
    }

    /// The list of that name; an address or a network stands for itself.
    package subscript(name: String) -> AccessList? {
        lists[name] ?? Network(name).map { AccessList(name: name, rules: [.init($0, isAllowed: true)]) }
    }

    /// - Parameter domains: The directory, whose users' `cidr` a rule may stand for.
    init(reading element: XMLElement?, domains: [XMLElement], local: [Network], _ report: inout ConfigurationReport) {
        self.init(local: local)
        guard let element else { return }
        var names: Set<String> = []
        for child in element.children {
            guard child.name == "network-lists" else {
                report.noEffect("<\(child.name)> in acl.conf", at: child.origin)
                continue
            }
            for list in child.children {
                guard list.name == "list", let name = list["name"], !name.isEmpty else {
                    report.fail("<\(list.name)> in <network-lists> is no list with a name", at: list.origin)
                    continue
                }
                guard names.insert(name).inserted else {
                    report.fail("list '\(name)' stands twice", at: list.origin)
                    continue
                }
                lists[name] = Self.list(list, named: name, domains: domains, &report)
            }
        }
    }

    private static func list(
        _ element: XMLElement, named name: String, domains: [XMLElement], _ report: inout ConfigurationReport
    ) -> AccessList {
        var rules: [AccessList.Rule] = []
        for node in element.children {
            guard node.name == "node" else {
                report.noEffect("<\(node.name)> in <list>", at: node.origin)
                continue
            }
            guard let isAllowed = verdict(node["type"], at: node.origin, &report) else { continue }
            rules += networks(node, domains: domains, &report).map { .init($0, isAllowed: isAllowed) }
        }
        // As in FreeSWITCH the narrowest network decides, and among equals the first one; ours is the last.
        let ordered = rules.enumerated().sorted { one, other in
            let (first, second) = (one.element.network.prefixLength, other.element.network.prefixLength)
            return first == second ? one.offset > other.offset : first < second
        }
        let isOpen = verdict(element["default"] ?? "deny", at: element.origin, &report) ?? false
        return AccessList(name: name, rules: ordered.map(\.element), isAllowedByDefault: isOpen)
    }

    /// What one `<node>` speaks of: `cidr`, `host` with `mask`, or `domain`.
    private static func networks(
        _ node: XMLElement, domains: [XMLElement], _ report: inout ConfigurationReport
    ) -> [Network] {
        if let domain = node["domain"] { return networks(ofUsersIn: domain, domains, &report) }
        if let host = node["host"] {
            let bits = node["mask"].map { TransportAddress(ip: $0, port: 0)?.ipv4.map { (~$0).leadingZeroBitCount } }
            if let address = TransportAddress(ip: host, port: 0), bits != .some(nil) {
                return [Network(address, prefixLength: (bits ?? nil) ?? 128)]
            }
            report.fail("'\(host)' with mask '\(node["mask"] ?? "")' is no network", at: node.origin)
            return []
        }
        guard let list = node["cidr"] else {
            report.fail("a node needs a cidr, a host or a domain", at: node.origin)
            return []
        }
        return networks(in: list, at: node.origin, &report)
    }

    /// One network or several, with commas between them.
    private static func networks(in list: String, at origin: Origin, _ report: inout ConfigurationReport) -> [Network] {
        list.split(separator: ",").compactMap { part in
            let text = part.filter { $0 != " " }
            if let network = Network(text) { return network }
            report.fail("'\(text)' is not a network such as 192.0.2.0/24", at: origin)
            return nil
        }
    }

    private static func networks(
        ofUsersIn domain: String, _ domains: [XMLElement], _ report: inout ConfigurationReport
    ) -> [Network] {
        var found: [Network] = []
        for element in domains where element["name"] == domain {
            for user in DirectoryReader.users(of: element) {
                guard let list = user["cidr"] else { continue }
                found += networks(in: list, at: user.origin, &report)
            }
        }
        return found
    }

    private static func verdict(_ word: String?, at origin: Origin, _ report: inout ConfigurationReport) -> Bool? {
        switch word?.lowercased() {
        case "allow", "true": return true
        case "deny", "false": return false
        default:
            report.fail("'\(word ?? "")' is neither allow nor deny", at: origin)
            return nil
        }
    }

    /// FreeSWITCH has names for each family; a network of one family lets nobody of the other in.
    private static let aliases = [
        "rfc1918.auto": "lan", "rfc6598.auto": "lan", "wan_v4.auto": "wan.auto", "wan_v6.auto": "wan.auto",
    ]
}

extension AccessList {
    fileprivate func named(_ name: String) -> AccessList {
        AccessList(name: name, rules: rules, isAllowedByDefault: isAllowedByDefault)
    }
}
