/// Where a member's voice is heard from in a stereo room: `x:y:z`, x from the left to the right.
package struct Position: Equatable, Sendable {
    package var x: Double
    package var y: Double
    package var z: Double

    package init(x: Double, y: Double, z: Double) { (self.x, self.y, self.z) = (x, y, z) }

    /// Reads three numbers of −10…10 between colons.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard numbers.count == 3, let x = numbers[0], let y = numbers[1], let z = numbers[2] else { return nil }
        guard [x, y, z].allSatisfy({ (-10...10).contains($0) }) else { return nil }
        self.init(x: x, y: y, z: z)
    }

    /// `0.5:0.0:1.0`.
    package var text: String { "\(x):\(y):\(z)" }
}
