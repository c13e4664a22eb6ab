import Calls
import Wire

/// A whole tree, read and expanded: what the readers of the parts start from.
struct ConfigurationDocument {
    /// `<configuration>` elements by name, as in `verto.conf`.
    private(set) var configurations: [String: XMLElement] = [:]
    private(set) var domains: [XMLElement] = []
    private(set) var contexts: [XMLElement] = []

    /// The configurations Parley reads.
    static let ours = ["verto.conf", "conference.conf", "sofia.conf", "acl.conf", "switch.conf", "parley.conf"]

    /// Reads the tree in `directory`: from `freeswitch.xml` when there is one, else from the usual places.
    init(in directory: String, with preprocessor: inout Preprocessor) {
        if let roots = preprocessor.read("\(directory)/freeswitch.xml") {
            for root in roots { take(root, &preprocessor.report) }
            return
        }
        _ = preprocessor.read("\(directory)/vars.xml")
        var found: [XMLElement] = []
        for name in Self.ours { found += preprocessor.read("\(directory)/autoload_configs/\(name).xml") ?? [] }
        found += preprocessor.readAll("\(directory)/directory/*.xml")
        found += preprocessor.readAll("\(directory)/dialplan/*.xml")
        for element in found { take(element, &preprocessor.report) }
    }

    private mutating func take(_ element: XMLElement, _ report: inout ConfigurationReport) {
        switch element.name {
        case "document", "section": for child in element.children { take(child, &report) }
        case "configuration": takeConfiguration(element, &report)
        case "domain": domains.append(element)
        case "context": contexts.append(element)
        default: report.warn("<\(element.name)> has no effect here", at: element.origin)
        }
    }

    private mutating func takeConfiguration(_ element: XMLElement, _ report: inout ConfigurationReport) {
        guard let name = element["name"] else {
            report.fail("a configuration without a name", at: element.origin)
            return
        }
        guard Self.ours.contains(name) else {
            report.warn("configuration '\(name)' has no effect", at: element.origin)
            return
        }
        guard configurations[name] == nil else {
            report.fail("configuration '\(name)' stands twice", at: element.origin)
            return
        }
        configurations[name] = element
    }
}
