package import Calls
package import Conference
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

    package private(set) var profiles: [Profile] = []
    /// Groups of keys by name.
    package private(set) var controls: [String: [CallerControl]] = [:]

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
        for parameter in profiles.flatMap(\.parameters) where Self.namesGroups.contains(parameter.name) {
            guard controls[parameter.value] == nil, !["default", "none"].contains(parameter.value) else { continue }
            report.warn("\(parameter.name): no group '\(parameter.value)': no keys", at: parameter.origin)
        }
    }

    private static let namesGroups: Set<String> = ["caller-controls", "moderator-controls"]

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
        controls[name, default: []] += element.children(named: "control").compactMap { control($0, &report) }
    }

    private func control(_ element: XMLElement, _ report: inout ConfigurationReport) -> CallerControl? {
        guard let action = element["action"], let digits = element["digits"], !digits.isEmpty else {
            report.fail("a control needs an action and digits", at: element.origin)
            return nil
        }
        guard let known = CallerControl.Action(action) else {
            report.noEffect("caller control '\(action)'", at: element.origin)
            return nil
        }
        let data = element["data"] ?? ""
        if known == .transfer, data.isEmpty { report.fail("transfer needs an extension in data", at: element.origin) }
        guard let control = CallerControl(digits, known, data: data) else {
            report.fail("'\(digits)' are not keys of a telephone", at: element.origin)
            return nil
        }
        return control
    }
}
