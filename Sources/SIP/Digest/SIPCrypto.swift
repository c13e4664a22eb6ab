/// Hash functions and randomness from outside: a pure target has neither.
package struct SIPCrypto: Sendable {
    package let md5: @Sendable ([UInt8]) -> [UInt8]
    package let sha256: @Sendable ([UInt8]) -> [UInt8]
    package let sha512t256: @Sendable ([UInt8]) -> [UInt8]
    /// That many random bytes as ASCII letters and digits, at least four bits of them in each.
    package let randomToken: @Sendable (Int) -> String

    package init(
        md5: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha256: @escaping @Sendable ([UInt8]) -> [UInt8],
        sha512t256: @escaping @Sendable ([UInt8]) -> [UInt8],
        randomToken: @escaping @Sendable (Int) -> String
    ) {
        (self.md5, self.sha256, self.sha512t256, self.randomToken) = (md5, sha256, sha512t256, randomToken)
    }
}
