/// What a dialplan condition can look at.
package struct CallAttributes: Sendable, Equatable {
    package var uuid: String
    package var destinationNumber: String
    package var callerIDName: String
    package var callerIDNumber: String
    package var networkAddress: String
    package var context: String
    /// FreeSWITCH's module name of the door: `mod_verto`.
    package var source: String
    package var username: String
    package var domain: String
    package var variables: [String: String]

    package init(
        uuid: String = "",
        destinationNumber: String,
        callerIDName: String = "",
        callerIDNumber: String = "",
        networkAddress: String = "",
        context: String = "default",
        source: String = "mod_verto",
        username: String = "",
        domain: String = "",
        variables: [String: String] = [:]
    ) {
        self.uuid = uuid
        self.destinationNumber = destinationNumber
        self.callerIDName = callerIDName
        self.callerIDNumber = callerIDNumber
        self.networkAddress = networkAddress
        self.context = context
        self.source = source
        self.username = username
        self.domain = domain
        self.variables = variables
    }

    /// The caller profile field `name`, as in `field="destination_number"`; `nil` when there is no such field.
    package func field(_ name: String) -> String? {
        switch name {
        case "destination_number": destinationNumber
        case "caller_id_name": callerIDName
        case "caller_id_number", "ani": callerIDNumber
        case "network_addr": networkAddress
        case "context": context
        case "source": source
        case "uuid": uuid
        case "username": username
        default: nil
        }
    }

    /// What `${name}` stands for: a variable of the call, else a field.
    package func value(_ name: String) -> String? {
        if let value = variables[name] { return value }
        return name == "domain_name" || name == "dialed_domain" ? domain : field(name)
    }

    /// Whether the caller chose the text that `${name}` stands for.
    func isCallers(_ name: String) -> Bool {
        name.hasPrefix("verto_") || name.hasPrefix("effective_caller_id_")
            || (variables[name] == nil && field(name) != nil)
    }

    /// Whether `name` can be the `field` of a condition.
    package static func isField(_ name: String) -> Bool { CallAttributes(destinationNumber: "").field(name) != nil }
}
