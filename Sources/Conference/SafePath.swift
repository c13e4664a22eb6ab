/// Whether a path that somebody wrote stays where it is put: it is relative, goes nowhere up, and hides nothing.
enum SafePath {
    /// Bytes, and folders on the way.
    private static let (limit, depth) = (255, 16)

    static func accepts(_ path: some StringProtocol) -> Bool {
        guard !path.isEmpty, path.utf8.count <= limit, path.unicodeScalars.allSatisfy(isHarmless) else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= depth && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") }
    }

    /// Neither a control, nor a line's end, nor what other systems take for a separator or a drive.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: false
        default: scalar != "\\" && scalar != ":"
        }
    }
}
