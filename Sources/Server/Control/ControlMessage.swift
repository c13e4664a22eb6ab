import Wire

/// What goes over the control socket: one JSON object a line in each direction, `{"command":"conference 3500 list"}`
/// and `{"text":"…"}`.
enum ControlMessage {
    /// A request that is not one.
    enum Fault: Error, Equatable {
        case notJSON
        case noCommand
        /// A command is one line.
        case hasControlCharacters
    }

    /// The name of the socket in the data folder.
    static let fileName = "control.sock"
    /// Bytes of a request line; longer ones end the connection.
    static let longestRequest = 64 * 1024
    /// Bytes of an answer's text.
    static let longestText = 8 * 1024 * 1024

    static func request(_ command: String) -> [UInt8] { line(["command": .string(command)]) }

    static func answer(_ text: String) -> [UInt8] {
        line(["text": .string(text.utf8.count > longestText ? "-ERR the answer is too long\n" : text)])
    }

    static func command(in line: [UInt8]) throws(Fault) -> String {
        guard let message = try? JSON(parsing: line, maximumDepth: 8) else { throw .notJSON }
        guard let command = message["command"]?.string, command.contains(where: { !$0.isWhitespace }) else {
            throw .noCommand
        }
        guard !command.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .hasControlCharacters
        }
        return command
    }

    /// `nil` when the server sent something else.
    static func text(in line: [UInt8]) -> String? { (try? JSON(parsing: line, maximumDepth: 8))?["text"]?.string }

    private static func line(_ object: JSONObject) -> [UInt8] {
        JSON.object(object).bytes + [UInt8(ascii: "\n")]
    }
}

extension ControlMessage.Fault {
    /// What the client is told.
    var text: String {
        switch self {
        case .notJSON: "-ERR not a JSON object\n"
        case .noCommand: "-ERR no command\n"
        case .hasControlCharacters: "-ERR a command is one line\n"
        }
    }
}

/// Puts lines together from what arrives in pieces.
struct LineAssembler {
    private var waiting: [UInt8] = []
    private let limit: Int

    /// - Parameter limit: Bytes of a line, without its line feed.
    init(limit: Int) { self.limit = limit }

    /// The lines that `bytes` completes; `nil` when one of them is too long, after which nothing more can be read.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [[UInt8]]? {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(waiting)
                waiting.removeAll()
            } else {
                guard waiting.count < limit else { return nil }
                waiting.append(byte)
            }
        }
        return lines
    }
}
