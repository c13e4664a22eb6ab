/// What an audit log may hold of a command line: not the digits that open doors.
package enum Secrets {
    /// `line` with PINs left out: what stands behind `pin`, and behind the `+` of a conference's name. At most 300
    /// characters.
    package static func masked(_ line: String) -> String {
        var words: [String] = []
        for word in line.split(separator: " ") {
            if words.last?.lowercased() == "pin" {
                words.append("***")
                break
            }
            words.append(word.firstIndex(of: "+").map { word[..<$0] + "+***" } ?? String(word))
        }
        return String(words.joined(separator: " ").prefix(300))
    }
}
