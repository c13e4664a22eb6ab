import Foundation

/// Folders that come with the program: below the working folder, beside the checkout the program was built in, or
/// installed.
enum ShippedFolder {
    static func find(_ name: String) -> String? {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var places = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
        var folder = program.deletingLastPathComponent()
        for _ in 0..<4 {
            places.append(folder)
            folder.deleteLastPathComponent()
        }
        places.append(program.deletingLastPathComponent().appendingPathComponent("../share/parley"))
        return places.map { $0.appendingPathComponent(name).standardizedFileURL.path }.first {
            FileManager.default.fileExists(atPath: $0 + (name == "conf" ? "/autoload_configs" : "/index.html"))
        }
    }
}
