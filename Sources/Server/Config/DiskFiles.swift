import FoundationEssentials

/// The files of this machine. Used at start and on reload only, never on a media loop.
package struct DiskFiles: ConfigurationFiles {
    package init() {}

    package func contents(of path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    package func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }
}
