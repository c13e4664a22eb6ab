import Calls

/// What can be said of the name of a sound before anything is played: whether it is a stream of a kind we do not have.
enum SoundFile {
    static func check(_ name: String, _ report: inout ConfigurationReport, at origin: Origin) {
        guard let end = name.firstRange(of: "://")?.lowerBound else { return }
        let kind = name[..<end]
        // Those are taken apart before.
        guard !["tone_stream", "silence_stream", "file"].contains(kind) else { return }
        report.warn(
            "sounds of the kind '\(kind)://' are not supported and silent", once: "sound \(kind)", at: origin)
    }
}
