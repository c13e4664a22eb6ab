/// Why bytes are no JSON text, and where.
package struct JSONError: Error, Equatable {
    package enum Reason: Equatable, Sendable {
        /// The text ends in the middle of a value.
        case endOfText
        /// A byte that cannot stand here.
        case unexpected(UInt8)
        /// A number that does not follow RFC 8259 §6.
        case badNumber
        /// A number beyond what a double can hold.
        case numberTooLarge
        /// A `\` sequence that RFC 8259 §7 does not know.
        case badEscape
        /// A string that is not UTF-8.
        case badUTF8
        /// More arrays and objects inside each other than allowed.
        case tooDeep
        /// Something other than white space behind the value.
        case trailingBytes
    }

    package let reason: Reason
    /// Bytes from the start of the text.
    package let offset: Int

    package init(reason: Reason, offset: Int) { (self.reason, self.offset) = (reason, offset) }
}
