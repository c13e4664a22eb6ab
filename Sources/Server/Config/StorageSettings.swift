import Wire

/// `<cdr>` of `parley.conf`: what is kept on disk besides certificates and passwords.
///
/// A folder that does not begin with `/` is one in the data folder.
package struct StorageSettings: Sendable, Equatable {
    /// `records-dir`: records of calls and conferences; empty keeps none. Default `records`.
    package var records: String? = "records"
    /// `keep-days`: days after which records are removed; 0 keeps them. Default 0.
    package var keepDays = 0
    /// `recordings-dir`: where rooms are recorded to; empty records nothing. Default `recordings`.
    package var recordings: String? = "recordings"
    /// `sounds-dir`: folders of sounds, separated by `:`, in front of the shipped ones. Default `sounds`.
    package var sounds = ["sounds"]

    package init() {}

    /// `folder` as seen from the server's working folder.
    package static func path(_ folder: String, in data: String) -> String {
        folder.hasPrefix("/") ? folder : data + "/" + folder
    }
}

extension StorageSettings {
    mutating func read(_ element: XMLElement, _ report: inout ConfigurationReport) {
        for parameter in report.parameters(of: element) {
            switch parameter.name {
            case "records-dir": records = report.text(parameter)
            case "keep-days": keepDays = report.integer(parameter, in: 0...36_500) ?? keepDays
            case "recordings-dir": recordings = report.text(parameter)
            case "sounds-dir": sounds = parameter.value.split(separator: ":").map(String.init)
            // Our own file: a name we do not know is a misspelling.
            default: report.fail("unknown setting '\(parameter.name)' in <cdr>", at: parameter.origin)
            }
        }
    }
}
