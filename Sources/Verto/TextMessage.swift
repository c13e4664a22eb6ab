/// A text from one user to another. The sender is the one that logged in, whatever the client wrote.
package struct TextMessage: Sendable, Equatable {
    /// `id@domain`.
    package let from: String
    /// The sender's display name, if it has one.
    package let fromName: String?
    /// As the sender addressed it.
    package let to: String
    package let body: String

    package init(from: String, fromName: String?, to: String, body: String) {
        (self.from, self.fromName, self.to, self.body) = (from, fromName, to, body)
    }
}
