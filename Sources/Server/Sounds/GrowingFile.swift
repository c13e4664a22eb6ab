import Glibc

/// A new file of ours that grows at its end, and whose front may be written again.
final class GrowingFile {
    /// Bytes.
    private(set) var size = 0
    private let descriptor: CInt

    /// Makes the file. What is there is never overwritten, nor is a link followed.
    init(_ path: String) throws(FileError) {
        let opened = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw FileError("open") }
        descriptor = opened
    }

    deinit { close(descriptor) }

    /// Writes all of `bytes` at the end, or leaves the file as it was.
    func append(_ bytes: [UInt8]) throws(FileError) {
        do throws(FileError) {
            try write(bytes, at: size)
        } catch {
            _ = ftruncate(descriptor, off_t(size))
            throw error
        }
        size += bytes.count
    }

    /// Writes `bytes` over the front.
    func overwrite(_ bytes: [UInt8]) throws(FileError) { try write(bytes, at: 0) }

    /// Returns once the disk has everything.
    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync") }
    }

    private func write(_ bytes: [UInt8], at place: Int) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let written = unsafe bytes.withUnsafeBytes { all in
                unsafe pwrite(
                    descriptor, all.baseAddress.map { unsafe $0 + done }, all.count - done, off_t(place + done))
            }
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw FileError("write", code: written == 0 ? ENOSPC : errno)
            }
        }
    }
}
