/// Who may ask for which command, as the configuration changes the command table.
package struct CommandPolicy: Hashable, Sendable {
    /// What a command asks of its issuer.
    package enum Requirement: Hashable, Sendable {
        /// This role, or a higher one; or the capability.
        case role(Role)
        /// The capability of the command's name alone, whatever the role.
        case capability
        /// Nobody may.
        case nobody

        /// Reads `participant`, `moderator`, `operator`, `capability` or `nobody`, in any case.
        package init?(_ word: some StringProtocol) {
            switch word.lowercased() {
            case "participant", "member": self = .role(.participant)
            case "moderator": self = .role(.moderator)
            case "operator": self = .role(.operator)
            case "capability": self = .capability
            case "nobody", "none": self = .nobody
            default: return nil
            }
        }
    }

    /// What differs from the command table, by ``Command/name``.
    private var requirements: [String: Requirement] = [:]

    package init() {}

    /// What the command of this name asks from now on; for `recording` what each of its commands asks.
    package mutating func require(_ requirement: Requirement, for name: String) {
        for command in Self.commands(named: name) { requirements[command] = requirement }
    }

    /// What `command` asks of who issues it.
    package func requirement(for command: Command) -> Requirement {
        requirements[command.name] ?? .role(command.requiredRole)
    }

    /// Whether a name, as a policy or a list of capabilities may write it, is a command's.
    package static func knows(_ name: String) -> Bool { Command.names.contains(name.lowercased()) }

    /// The ``Command/name``s that a word of the configuration means.
    static func commands(named name: String) -> [String] { others[name.lowercased()] ?? [name.lowercased()] }

    private static let others = [
        "check_record": ["chkrecord"], "xml_list": ["json_list"],
        "recording": ["record", "norecord", "pause", "resume", "chkrecord"],
    ]
}
