package import Wire

/// Which addresses are let in: rules in their order, the last one that matches decides (`acl.conf.xml`).
package struct AccessList: Sendable, Equatable {
    package struct Rule: Sendable, Equatable {
        package let network: Network
        package let isAllowed: Bool

        package init(_ network: Network, isAllowed: Bool) { (self.network, self.isAllowed) = (network, isAllowed) }
    }

    package let name: String
    package var rules: [Rule]
    /// What holds for an address that no rule names.
    package var isAllowedByDefault: Bool

    package init(name: String, rules: [Rule] = [], isAllowedByDefault: Bool = false) {
        (self.name, self.rules, self.isAllowedByDefault) = (name, rules, isAllowedByDefault)
    }

    /// Whether `address` is let in. Its port does not matter.
    /// - Complexity: O(rules).
    package func permits(_ address: TransportAddress) -> Bool {
        rules.last { $0.network.contains(address) }?.isAllowed ?? isAllowedByDefault
    }
}

extension AccessList {
    /// The lists that need no configuration: `none`, `any`, `lan`, `nat.auto`, `localnet.auto`, `loopback.auto`,
    /// `wan.auto`.
    ///
    /// - Parameter local: The networks of this machine, for `localnet.auto`; `nat.auto` is the private ones less these.
    package static func builtIn(local: [Network] = []) -> [AccessList] {
        func list(_ name: String, _ networks: [Network], allow: Bool) -> AccessList {
            AccessList(name: name, rules: networks.map { Rule($0, isAllowed: allow) }, isAllowedByDefault: !allow)
        }
        var nat = list("nat.auto", Network.privateUse, allow: true)
        nat.rules += local.map { Rule($0, isAllowed: false) }
        return [
            AccessList(name: "none", isAllowedByDefault: false),
            AccessList(name: "any", isAllowedByDefault: true),
            list("lan", Network.privateUse, allow: true),
            nat,
            list("localnet.auto", local, allow: true),
            list("loopback.auto", Network.loopback, allow: true),
            list("wan.auto", Network.privateUse + Network.loopback, allow: false),
        ]
    }
}
