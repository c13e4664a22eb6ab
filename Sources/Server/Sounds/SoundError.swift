/// Why there is no sound of that name.
package enum SoundError: Error, Equatable, CustomStringConvertible {
    /// In none of the folders.
    case notFound
    /// A name that leads out of the folders.
    case outside
    /// The file cannot be read.
    case unreadable(String)
    /// More than ``SoundFileReader/largestFile`` bytes.
    case tooLarge
    /// More than ``SoundFileReader/longest``.
    case tooLong
    /// Neither WAV nor Ogg Opus, or one of a kind we do not play.
    case unsupported(String)
    case empty

    package var description: String {
        switch self {
        case .notFound: "there is no such file"
        case .outside: "it is not in a folder of sounds"
        case .unreadable(let reason): "it cannot be read: \(reason)"
        case .tooLarge: "it is larger than \(SoundFileReader.largestFile >> 20) MB"
        case .tooLong: "it is longer than \(SoundFileReader.longest.components.seconds / 60) minutes"
        case .unsupported(let reason): "it cannot be played: \(reason)"
        case .empty: "there is nothing in it"
        }
    }
}
