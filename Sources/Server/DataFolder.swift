import Foundation
import Glibc
import Native

/// The server's own folder: made at the first start, reused at every later one.
///
/// Servers that start at the same time on one folder agree: each file is written by one of them, and whole.
struct DataFolder {
    let path: String

    /// - Throws: ``StartFailure`` when the folder cannot be made or written.
    init(_ path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StartFailure("cannot make the data folder \(path): \(error.localizedDescription)")
        }
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// The start-up users' passwords, one random each, kept in `passwords` as lines of `user password`.
    func passwords(for users: [String]) throws -> [String: String] {
        let lock = try lock()
        defer { close(lock) }
        var known: [String: String] = [:]
        let file = file("passwords")
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { known[String(words[0])] = String(words[1]) }
        }
        let missing = users.filter { known[$0] == nil }
        guard !missing.isEmpty else { return known }
        for user in missing { known[user] = Token.make(bytes: 9) }
        let lines = known.keys.sorted().map { "\($0) \(known[$0] ?? "")\n" }
        try write(lines.joined(), to: file)
        return known
    }

    /// A self-signed certificate for the names this machine is reached by, in `tls.pem` with its key; made anew when the
    /// names have changed.
    func certificate(for names: [String]) throws -> Identity {
        let lock = try lock()
        defer { close(lock) }
        let file = file("tls.pem")
        let list = file + ".names"
        let wanted = names.joined(separator: "\n")
        if let pem = try? String(contentsOfFile: file, encoding: .utf8),
            (try? String(contentsOfFile: list, encoding: .utf8)) == wanted,
            let identity = try? Identity(certificatePEM: pem, privateKeyPEM: pem)
        {
            return identity
        }
        let identity = try Identity.generate(commonName: "Parley", alternativeNames: names, days: 397)
        try write(identity.certificatePEM + identity.privateKeyPEM, to: file)
        try write(wanted, to: list)
        return identity
    }

    /// Waits for other servers that are starting; closing the descriptor lets them go on.
    private func lock() throws -> CInt {
        let descriptor = unsafe open(file(".lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            throw StartFailure("cannot write in the data folder \(path): \(unsafe String(cString: strerror(errno)))")
        }
        return descriptor
    }

    /// Never seen half-written, not even after a crash.
    private func write(_ text: String, to file: String) throws {
        let new = file + ".new"
        guard
            FileManager.default.createFile(
                atPath: new, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]),
            unsafe rename(new, file) == 0
        else { throw StartFailure("cannot write \(file)") }
    }
}
