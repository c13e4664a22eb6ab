import Conference
import Wire

extension CommandPolicy {
    /// `<command-roles>`: rows of `<command name="kick" role="operator"/>`.
    mutating func read(_ element: XMLElement, _ report: inout ConfigurationReport) {
        for child in element.children {
            guard child.name == "command" else {
                report.fail("<\(child.name)> in <command-roles>", at: child.origin)
                continue
            }
            guard let name = child["name"], let role = child["role"] else {
                report.fail("<command> needs a name and a role", at: child.origin)
                continue
            }
            guard CommandPolicy.knows(name) else {
                report.fail("there is no command '\(name)'", at: child.origin)
                continue
            }
            guard let requirement = Requirement(role) else {
                let roles = "participant, moderator, operator, capability, nobody"
                report.fail("role: '\(role)' is not one of \(roles)", at: child.origin)
                continue
            }
            require(requirement, for: name)
        }
    }
}
