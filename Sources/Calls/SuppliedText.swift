/// What becomes of text that a caller chose when it stands in the data of an application: it loses whatever would
/// make it more than one value there. A captured number must not name whom else to call, another context, or more
/// rights in a room.
enum SuppliedText {
    /// The characters that `application` reads as more than a value.
    static func separators(of application: String) -> Separators {
        switch application {
        case "bridge": .dialString
        case "transfer", "multiset", "unset", "multiunset", "limit": Separators(" \t\n\r")
        case "conference": Separators("@+")
        case "hash": Separators("/")
        default: Separators("")
        }
    }

    struct Separators: Sendable, Equatable {
        private let scalars: Set<Unicode.Scalar>
        init(_ text: String) { scalars = Set(text.unicodeScalars) }

        var isOfDialStrings: Bool { self == .dialString || self == .sipDialString }

        /// By scalar: a combining mark behind a comma does not hide it.
        func removed(from text: String) -> String {
            guard !scalars.isEmpty, text.unicodeScalars.contains(where: scalars.contains) else { return text }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: text.unicodeScalars.lazy.filter { !scalars.contains($0) })
            return String(view)
        }

        static let dialString = Separators(",|:[]{}<>'\\")
        /// Of a dial string that leaves by SIP: nor may the text name a host, parameters or another To.
        static let sipDialString = Separators(",|:[]{}<>'\\@;?^%\"")
    }

    /// Whether some part of a dial string is called by SIP.
    static func namesSIP(_ dialString: String) -> Bool { dialString.asciiLowercased.contains("sofia/") }
}
