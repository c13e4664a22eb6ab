import Glibc

/// The address of a Unix domain socket in the file system.
struct UnixAddress {
    private let path: [CChar]

    /// `nil` when the path is longer than the kernel takes.
    init?(_ path: String) {
        let bytes = Array(path.utf8CString)
        guard bytes.count <= Self.capacity, bytes.count > 1 else { return nil }
        self.path = bytes
    }

    /// The longest path, with its final zero.
    static let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// A new stream socket that does not survive `exec`.
    static func socket(isBlocking: Bool) -> CInt {
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        return Glibc.socket(AF_UNIX, isBlocking ? kind : kind | CInt(SOCK_NONBLOCK.rawValue), 0)
    }

    func bind(_ descriptor: CInt) -> CInt { unsafe withAddress { unsafe Glibc.bind(descriptor, $0, $1) } }

    func connect(_ descriptor: CInt) -> CInt { unsafe withAddress { unsafe Glibc.connect(descriptor, $0, $1) } }

    private func withAddress(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe path.withUnsafeBytes { unsafe field.copyMemory(from: $0) }
        }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
