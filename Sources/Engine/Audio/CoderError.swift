package import Native

/// Why there is no encoder or decoder; all but nonsensical settings is a lack of memory.
package enum CoderError: Error, Equatable {
    case opus(OpusError)
    case resampler(SpeexError)
    case outOfMemory
}
