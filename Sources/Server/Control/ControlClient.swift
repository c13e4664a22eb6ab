import Foundation
import Glibc

/// The other end of the control socket: `parley ctl`. Waits for each answer.
package final class ControlClient {
    /// Why a server cannot be asked; the description is for the operator.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case pathTooLong(String)
        case noServer(String)
        case notAllowed(String)
        case cannotConnect(String, reason: String)
        case tooLong
        case connectionLost
        case noAnswer
        case unreadableAnswer

        package var description: String {
            switch self {
            case .pathTooLong(let path): "\(path): longer than \(UnixAddress.capacity - 1) bytes"
            case .noServer(let path): "no server answers at \(path); is it running, and with this --data folder?"
            case .notAllowed(let path): "\(path): only the user that runs the server, and root, may ask"
            case .cannotConnect(let path, let reason): "\(path): \(reason)"
            case .tooLong: "the command is too long"
            case .connectionLost: "the server has closed the connection"
            case .noAnswer: "the server does not answer"
            case .unreadableAnswer: "the server answered with something else than JSON"
            }
        }
    }

    private let descriptor: CInt
    private var lines = LineAssembler(limit: 8 * ControlMessage.longestText)
    private var waiting: [[UInt8]] = []

    /// - Parameters:
    ///   - data: The data folder of a running server.
    ///   - patience: Seconds to wait for an answer; longer than the server's own deadline.
    package init(data: String, patience: Int = 90) throws(Failure) {
        let path = data + "/" + ControlMessage.fileName
        guard let address = UnixAddress(path) else { throw .pathTooLong(path) }
        descriptor = UnixAddress.socket(isBlocking: true)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        guard address.connect(descriptor) == 0 else { throw Self.failure(path, errno) }
        var time = timeval(tv_sec: patience, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
    }

    deinit { close(descriptor) }

    /// Sends one command line and waits for the answer's text.
    package func ask(_ command: String) throws(Failure) -> String {
        let request = ControlMessage.request(command)
        guard request.count <= ControlMessage.longestRequest else { throw .tooLong }
        try write(request)
        guard let text = ControlMessage.text(in: try nextLine()) else { throw .unreadableAnswer }
        return text
    }

    private func write(_ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let rest = Array(bytes[done...])
            let written = unsafe send(descriptor, rest, rest.count, CInt(MSG_NOSIGNAL))
            if written > 0 {
                done += written
            } else if errno != EINTR {
                // The server says why before it closes.
                return
            }
        }
    }

    private func nextLine() throws(Failure) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while waiting.isEmpty {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { throw .noAnswer }
            guard count > 0 else { throw .connectionLost }
            guard let complete = lines.take(buffer[..<count]) else { throw .unreadableAnswer }
            waiting += complete
        }
        return waiting.removeFirst()
    }

    private static func failure(_ path: String, _ code: CInt) -> Failure {
        switch code {
        case ENOENT, ECONNREFUSED: .noServer(path)
        case EACCES, EPERM: .notAllowed(path)
        default: .cannotConnect(path, reason: unsafe String(cString: strerror(code)))
        }
    }
}

extension ControlClient {
    /// Whether an answer says that the command failed.
    package static func isRefusal(_ text: String) -> Bool { text.hasPrefix("-ERR") || text.hasPrefix("-USAGE") }

    /// One line of words as a shell has taken them apart: what holds a space or a quote is put into quotes again. A
    /// single word is a whole line already.
    package static func line(of words: [String]) -> String {
        guard words.count > 1 else { return words.first ?? "" }
        return words.map { word in
            guard word.isEmpty || word.contains(where: { $0 == " " || $0 == "'" || $0 == "\\" || $0 == "\t" }) else {
                return word
            }
            let escaped = word.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            return "'\(escaped)'"
        }.joined(separator: " ")
    }
}
