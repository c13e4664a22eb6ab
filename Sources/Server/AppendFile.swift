import Glibc

/// A system call on a file that failed.
struct FileError: Error, CustomStringConvertible {
    /// `open`, `write` …
    let operation: String
    let code: CInt

    init(_ operation: String, code: CInt = errno) { (self.operation, self.code) = (operation, code) }

    var description: String { "\(operation): \(unsafe String(cString: strerror(code)))" }
}

/// A file that only grows, open for as long as this lives. Readable by its owner alone.
struct AppendFile: ~Copyable {
    private let descriptor: CInt
    private let path: String

    /// Opens the file, or makes it.
    init(_ path: String) throws(FileError) {
        let opened = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw FileError("open") }
        descriptor = opened
        self.path = path
    }

    deinit { close(descriptor) }

    /// Waits until no other process has it locked. The lock ends with ``release()`` or with this value.
    func lock() throws(FileError) {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError("flock") }
        }
    }

    func release() { flock(descriptor, LOCK_UN) }

    /// In bytes.
    func size() throws(FileError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw FileError("fstat") }
        return Int(status.st_size)
    }

    /// The last bytes, at most `count`.
    func tail(_ count: Int) throws(FileError) -> [UInt8] {
        let size = try size()
        var bytes = [UInt8](repeating: 0, count: min(count, size))
        let read = unsafe pread(descriptor, &bytes, bytes.count, off_t(size - bytes.count))
        guard read == bytes.count else { throw FileError("read", code: read < 0 ? errno : EIO) }
        return bytes
    }

    /// Writes all of `bytes`, or leaves the file as it was.
    func append(_ bytes: [UInt8]) throws(FileError) {
        let before = try size()
        var done = 0
        while done < bytes.count {
            let rest = Array(bytes[done...])
            let written = unsafe write(descriptor, rest, rest.count)
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                let failure = FileError("write", code: written == 0 ? ENOSPC : errno)
                try? truncate(to: before)
                throw failure
            }
        }
    }

    func truncate(to size: Int) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("ftruncate") }
    }

    /// Returns once the disk has what was written.
    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync") }
    }

    /// Returns once the disk has the file's name: what a new file needs besides ``sync()``.
    func syncName() throws(FileError) {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = end.map { String(path[..<$0]) } ?? "."
        let opened = unsafe open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw FileError("open") }
        defer { close(opened) }
        guard fsync(opened) == 0 else { throw FileError("fsync") }
    }
}
