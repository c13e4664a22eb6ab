package import Calls
import Wire

/// `conference.conf`: profiles to make rooms by, and what the keys of a telephone do in one.
package struct ConferenceConfiguration: Sendable {
    package struct Profile: Sendable {
        package let name: String
        /// In the order of the file; of repeated ones the last counts.
        package let parameters: [Parameter]
        package let origin: Origin

        /// For `RoomProfile(name:parameters:)`.
        package var pairs: [(String, String)] { parameters.map { ($0.name, $0.value) } }
    }

    /// One `<control action= digits=/>`.
    package struct Control: Sendable, Hashable {
        package let action: String
        package let digits: String
        package let data: String
    }

    package private(set) var profiles: [Profile] = []
    /// Key groups by name.
    package private(set) var controls: [String: [Control]] = [:]

    package func profile(_ name: String) -> Profile? { profiles.first { $0.name == name } }
}

extension ConferenceConfiguration {
    init(reading element: XMLElement?, _ report: inout ConfigurationReport) {
        for child in element?.children ?? [] {
            switch child.name {
            case "profiles":
                for profile in child.children where profile.name == "profile" { readProfile(profile, &report) }
            case "caller-controls":
                for group in child.children where group.name == "group" { readGroup(group, &report) }
            case "advertise":
                guard !child.children.isEmpty else { continue }
                report.noEffect("<advertise> in conference.conf", at: child.origin)
            default: report.noEffect("<\(child.name)> in conference.conf", at: child.origin)
            }
        }
    }

    private mutating func readProfile(_ element: XMLElement, _ report: inout ConfigurationReport) {
        guard let name = element["name"], !name.isEmpty else {
            report.fail("a profile without a name", at: element.origin)
            return
        }
        guard profile(name) == nil else {
            report.fail("profile '\(name)' stands twice", at: element.origin)
            return
        }
        let parameters = report.parameters(of: element).filter { !$0.value.isEmpty }
        for parameter in parameters { ConferenceParameter.check(parameter, &report) }
        profiles.append(Profile(name: name, parameters: parameters, origin: element.origin))
    }

    private mutating func readGroup(_ element: XMLElement, _ report: inout ConfigurationReport) {
        guard let name = element["name"], !name.isEmpty else {
            report.fail("a group of controls without a name", at: element.origin)
            return
        }
        var group: [Control] = []
        for control in element.children where control.name == "control" {
            guard let action = control["action"], let digits = control["digits"], !digits.isEmpty else {
                report.fail("a control needs an action and digits", at: control.origin)
                continue
            }
            guard digits.allSatisfy({ "0123456789*#ABCDabcd".contains($0) }), digits.count <= 16 else {
                report.fail("'\(digits)' are not keys of a telephone", at: control.origin)
                continue
            }
            group.append(Control(action: action, digits: digits, data: control["data"] ?? ""))
        }
        controls[name, default: []] += group
    }
}
