import Glibc

/// Why there is no control socket.
enum ControlSocketError: Error, CustomStringConvertible {
    case pathTooLong(String)
    /// Another server of this data folder answers there.
    case inUse(String)
    case failed(FileError)

    var description: String {
        switch self {
        case .pathTooLong(let path): "\(path): longer than \(UnixAddress.capacity - 1) bytes"
        case .inUse(let path): "\(path): another server answers there"
        case .failed(let error): error.description
        }
    }
}

/// The socket as an entry of the file system: bound with mode 0600 from its first moment, in place of one that a
/// crashed server left behind, and removed unless another has taken its place.
struct ControlSocketFile {
    /// Bound and listening.
    let descriptor: CInt
    private let path: String
    private let identity: Identity

    private struct Identity: Equatable {
        let device: UInt
        let number: UInt

        init?(_ path: String) {
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { return nil }
            (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
        }
    }

    init(binding path: String) throws(ControlSocketError) {
        guard let address = UnixAddress(path) else { throw .pathTooLong(path) }
        // Of two servers that start at once the second sees the first.
        let lock = try Self.lock(path + ".lock")
        defer { lock.release() }
        guard !Self.answers(at: address) else { throw .inUse(path) }
        _ = unsafe unlink(path)
        let descriptor = UnixAddress.socket(isBlocking: false)
        guard descriptor >= 0 else { throw .failed(FileError("socket")) }
        // The mode of the socket is what the entry gets.
        guard fchmod(descriptor, 0o600) == 0, address.bind(descriptor) == 0, listen(descriptor, Self.backlog) == 0,
            let identity = Identity(path)
        else {
            let error = FileError("bind")
            close(descriptor)
            throw .failed(error)
        }
        (self.descriptor, self.path, self.identity) = (descriptor, path, identity)
    }

    func remove() {
        if Identity(path) == identity { _ = unsafe unlink(path) }
    }

    private static func lock(_ path: String) throws(ControlSocketError) -> AppendFile {
        do throws(FileError) {
            let file = try AppendFile(path)
            try file.lock()
            return file
        } catch {
            throw .failed(error)
        }
    }

    private static func answers(at address: UnixAddress) -> Bool {
        let descriptor = UnixAddress.socket(isBlocking: true)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return address.connect(descriptor) == 0
    }

    private static let backlog: CInt = 16
}
