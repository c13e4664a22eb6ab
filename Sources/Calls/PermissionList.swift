/// What a user may call or watch, read from a `jsonrpc-allowed-…` directory parameter.
///
/// An absent parameter allows nothing, and that holds for every kind of user.
package enum PermissionList: Hashable, Sendable {
    case nothing
    /// `__ANY__`: no restriction.
    case any
    /// Lower-case names.
    case names(Set<String>)

    /// Names separated by commas or spaces; `nil` and the empty text allow nothing.
    package init(parsing text: String?) {
        let words = (text ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }).map {
            String($0).asciiLowercased
        }
        switch words {
        case []: self = .nothing
        case ["__any__"]: self = .any
        default: self = .names(Set(words))
        }
    }

    /// Whether `name` is listed, or the part before its first dot is: `verto` allows `verto.invite`, and
    /// `conference-liveArray` allows `conference-liveArray.3500@example.com`.
    package func allows(_ name: String) -> Bool {
        switch self {
        case .nothing: return false
        case .any: return true
        case .names(let names):
            let folded = name.asciiLowercased
            if names.contains(folded) { return true }
            guard let dot = folded.firstIndex(of: "."), dot > folded.startIndex else { return false }
            return names.contains(String(folded[..<dot]))
        }
    }
}
