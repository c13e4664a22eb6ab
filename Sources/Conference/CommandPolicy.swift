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

    /// What the command of this name asks; `nil` to leave it to the table.
    package subscript(name: String) -> Requirement? {
        get { requirements[Self.canonical(name)] }
        set { requirements[Self.canonical(name)] = newValue }
    }

    /// What `command` asks of who issues it.
    package func requirement(for command: Command) -> Requirement {
        requirements[command.name] ?? .role(command.requiredRole)
    }

    /// Whether a name, as a policy or a list of capabilities may write it, is a command's.
    package static func knows(_ name: String) -> Bool { Command.names.contains(name.lowercased()) }

    /// The name that ``Command/name`` has for a command with several.
    package static func canonical(_ name: String) -> String { aliases[name.lowercased()] ?? name.lowercased() }

    /// `recording` is several commands in one, and asks what each of them asks.
    private static let aliases = ["check_record": "chkrecord", "xml_list": "json_list"]
}
