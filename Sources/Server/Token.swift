import Native

/// Unguessable text for ICE credentials and session names: letters and digits only, as `ice-char` allows.
enum Token {
    /// - Parameter bytes: Of randomness; the text is a third longer.
    static func make(bytes: Int) -> String {
        var text = ""
        while text.utf8.count * 3 < bytes * 4 {
            for byte in SecureRandom.bytes(bytes) where byte < 248 {
                text.append(alphabet[Int(byte) % alphabet.count])
                if text.utf8.count * 3 >= bytes * 4 { break }
            }
        }
        return text
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
}
