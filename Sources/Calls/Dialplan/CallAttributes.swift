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
    /// What the dialplan made of text that the caller chose, by variable, fit for a dial string.
    package var suppliedVariables: [String: String]

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
        variables: [String: String] = [:],
        suppliedVariables: [String: String] = [:]
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
        self.suppliedVariables = suppliedVariables
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

    /// Whether the caller chose the text that `${name}` stands for, or a part of it.
    func isCallers(_ name: String) -> Bool {
        guard !["network_addr", "context", "source"].contains(name) else { return suppliedVariables[name] != nil }
        return name.hasPrefix("verto_") || name.hasPrefix("sip_") || name.hasPrefix("effective_caller_id_")
            || suppliedVariables[name] != nil || (variables[name] == nil && field(name) != nil)
    }

    /// Carries out what the application `name` assigns by `data`.
    ///
    /// - Parameter harmless: The same data, fit for a dial string, when the caller chose some of it.
    mutating func assign(_ data: String, for name: String, harmless: String?) {
        let safe = harmless.flatMap { Assignment.parse($0, for: name) } ?? []
        for (index, assignment) in (Assignment.parse(data, for: name) ?? []).enumerated() {
            let old = assignment.appends ? suppliedVariables[assignment.name] : nil
            assignment.apply(to: &variables)
            suppliedVariables[assignment.name] = nil
            guard harmless != nil || old != nil, let value = variables[assignment.name] else { continue }
            let isPlain = !assignment.appends && safe.indices.contains(index) && safe[index].name == assignment.name
            suppliedVariables[assignment.name] =
                isPlain ? safe[index].value ?? "" : SuppliedText.Separators.sipDialString.removed(from: value)
        }
    }

    /// Whether `name` can be the `field` of a condition.
    package static func isField(_ name: String) -> Bool { CallAttributes(destinationNumber: "").field(name) != nil }
}
