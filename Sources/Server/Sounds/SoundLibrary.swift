import Dispatch
import Glibc
package import Native

/// The sounds in the server's folders, decoded once and kept for a while.
///
/// Files are read and decoded on threads of its own, two at a time; whoever asks for the same one at the same time waits
/// for the same work. Decoded sounds are kept up to a limit, and those that were not asked for longest go first; rooms
/// that play one hold it. A file that has changed is read anew.
package actor SoundLibrary {
    private struct File: Hashable {
        let path: String
        let folder: String
    }

    private struct Version: Equatable {
        let seconds: Int
        let nanoseconds: Int
        let size: Int
    }

    private struct Entry {
        let sound: Sound
        let version: Version
        var used: Int
    }

    private typealias Waiter = CheckedContinuation<Result<Sound, SoundError>, Never>

    /// Bytes of all that is kept.
    package private(set) var byteCount = 0
    /// Files decoded so far.
    package private(set) var decoded = 0

    private let folders: [String]
    private let limit: Int
    private let workers: [DispatchQueue]
    private var entries: [File: Entry] = [:]
    private var loading: [File: [Waiter]] = [:]
    private var uses = 0

    /// - Parameters:
    ///   - folders: Looked into in this order, so that what is in the first replaces what is in the last.
    ///   - limit: Bytes.
    package init(folders: [String], limit: Int = 256 << 20) {
        self.folders = folders.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.limit = limit
        workers = (0..<2).map { DispatchQueue(label: "sounds \($0)") }
    }

    /// - Parameter name: As `conference/conf-alone.wav`, below one of the folders; see ``SoundPath``.
    package func sound(_ name: String) async throws(SoundError) -> Sound {
        guard let file = try find(name), let version = Self.version(of: file.path) else { throw .notFound }
        if let entry = entries[file], entry.version == version {
            uses += 1
            entries[file]?.used = uses
            return entry.sound
        }
        return try await load(file, version).get()
    }

    /// All that are there of several, and what is wrong with the others.
    package func sounds(_ names: [String]) async -> (found: [String: Sound], failures: [String: SoundError]) {
        var (found, failures): ([String: Sound], [String: SoundError]) = ([:], [:])
        for name in names where found[name] == nil && failures[name] == nil {
            do throws(SoundError) { found[name] = try await sound(name) } catch { failures[name] = error }
        }
        return (found, failures)
    }

    private func find(_ name: String) throws(SoundError) -> File? {
        var isAnywhere = false
        for folder in folders {
            guard let candidates = SoundPath.candidates(for: name, in: [folder]) else { continue }
            isAnywhere = true
            if let path = candidates.first(where: { unsafe access($0, F_OK) == 0 }) {
                return File(path: path, folder: folder)
            }
        }
        if !isAnywhere { throw .outside }
        return nil
    }

    private func load(_ file: File, _ version: Version) async -> Result<Sound, SoundError> {
        if loading[file] != nil { return await withCheckedContinuation { loading[file]?.append($0) } }
        loading[file] = []
        let worker = workers[decoded % workers.count]
        decoded += 1
        let result = await withCheckedContinuation { continuation in
            worker.async { continuation.resume(returning: Self.read(file)) }
        }
        if case .success(let sound) = result { keep(sound, of: file, version) }
        for waiter in loading.removeValue(forKey: file) ?? [] { waiter.resume(returning: result) }
        return result
    }

    private static func read(_ file: File) -> Result<Sound, SoundError> {
        do throws(SoundError) {
            return .success(try SoundFileReader.sound(at: file.path, below: file.folder))
        } catch {
            return .failure(error)
        }
    }

    private func keep(_ sound: Sound, of file: File, _ version: Version) {
        byteCount += sound.byteCount - (entries[file]?.sound.byteCount ?? 0)
        uses += 1
        entries[file] = Entry(sound: sound, version: version, used: uses)
        while byteCount > limit, let oldest = entries.min(by: { $0.value.used < $1.value.used }) {
            entries[oldest.key] = nil
            byteCount -= oldest.value.sound.byteCount
        }
    }

    private static func version(of path: String) -> Version? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Version(
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec, size: Int(status.st_size))
    }
}
