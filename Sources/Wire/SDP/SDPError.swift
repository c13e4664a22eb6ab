/// Why text is no session description. Lines count from 1.
package enum SDPError: Error, Equatable {
    /// More bytes than ``SessionDescription/maximumSize``.
    case tooLarge
    /// More lines than ``SessionDescription/maximumLines``.
    case tooManyLines
    /// More m-lines than ``SessionDescription/maximumMedia``.
    case tooManyMedia
    /// The text does not begin with `v=0`, or has no `o=` line.
    case notSDP
    /// A line that is not a letter, `=` and a value, a letter we do not know, or a value that cannot be read.
    case badLine(Int)
}
