/// Why speexdsp did not do something.
package enum SpeexError: Error, Equatable, Sendable {
    /// A rate, a number of channels or a frame that is out of range.
    case badArgument
    case outOfMemory
    case library(Int32)
}
