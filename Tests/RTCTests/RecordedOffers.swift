import Glibc

/// `text` without the lines that begin with `prefix`.
func drop(_ prefix: String, from text: String) -> String {
    text.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix(prefix) }
        .joined(separator: "\r\n")
}

/// A recorded description, from the vectors that the parser's tests use too.
func recorded(_ name: String, from source: StaticString = #filePath) throws -> String {
    let folder = source.description.split(separator: "/").dropLast(2).joined(separator: "/")
    guard let file = unsafe fopen("/\(folder)/WireTests/Vectors/sdp/\(name).sdp", "r") else {
        throw MissingVector(name: name)
    }
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = unsafe chunk.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
        if count == 0 { break }
        bytes += chunk[..<count]
    }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("\r\n") ? text : replace("\n", with: "\r\n", in: text)
}

private struct MissingVector: Error {
    let name: String
}
