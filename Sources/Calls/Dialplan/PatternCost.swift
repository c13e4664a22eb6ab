/// How much backtracking a regular expression may need, read from its shape.
///
/// Swift Regex backtracks. `(\d+)*x` against 18 digits takes it seconds, and the digits come from a caller. So we
/// count: each open repetition may try every length, each optional part doubles the tries. Repeating something whose
/// own length varies is exponential, and such an expression is refused. For the rest the count gives the longest
/// subject that stays below ``budget`` steps.
///
/// The reading is generous: what it does not understand counts as plain characters, and Swift Regex has the last word
/// on whether the expression is valid at all.
struct PatternCost {
    /// Longest subject, in Unicode scalars, the pattern may be run on.
    let longestSubject: Int

    init(of pattern: String) throws(PatternError) {
        guard pattern.unicodeScalars.count <= Self.longestPattern else { throw .tooLong(limit: Self.longestPattern) }
        var reader = Reader(scalars: Array(pattern.unicodeScalars))
        let shape = try reader.alternatives(depth: 0)
        let degree = shape.degree + (shape.isAnchored ? 0 : 1)
        longestSubject = Self.longestSubject(degree: degree, doublings: shape.doublings)
        guard longestSubject >= Self.shortestUseful else { throw .tooCostly }
    }

    /// The largest n with C(n + degree, degree) · 2^doublings steps within the budget.
    private static func longestSubject(degree: Int, doublings: Int) -> Int {
        guard degree <= 12, doublings <= 16 else { return 0 }
        let steps = budget / Double(1 << doublings)
        for length in stride(from: CallLimits.destinationLength, to: 0, by: -1) {
            var ways = 1.0
            for factor in 0..<degree { ways = ways * Double(length + factor + 1) / Double(factor + 1) }
            if ways <= steps { return length }
        }
        return 0
    }

    /// About a tenth of a second of backtracking, 0.1 µs a step (measured, see the tests).
    private static let budget = 1_048_576.0
    private static let longestPattern = 1_024
    /// A pattern that cannot be run on a telephone number is of no use.
    private static let shortestUseful = 20
}

/// What may be asked of a dialplan whatever is in it.
package enum CallLimits {
    /// Longest destination that is looked up, in Unicode scalars.
    package static let destinationLength = 256
}

extension PatternCost {
    /// What a part of a pattern costs.
    private struct Shape {
        /// Open repetitions that can take characters from each other.
        var degree = 0
        /// Parts that may be there or not.
        var doublings = 0
        /// Whether the part can match texts of different lengths.
        var varies = false
        var isAnchored = false
    }

    /// Reads only what repeats, groups and alternates.
    private struct Reader {
        let scalars: [Unicode.Scalar]
        var position = 0

        mutating func alternatives(depth: Int) throws(PatternError) -> Shape {
            guard depth < 32 else { throw .tooCostly }
            var whole = try sequence(depth: depth)
            while next == "|" {
                position += 1
                let other = try sequence(depth: depth)
                whole.degree = max(whole.degree, other.degree)
                whole.doublings = max(whole.doublings, other.doublings) + (depth == 0 ? 0 : 1)
                whole.varies = true
                whole.isAnchored = whole.isAnchored && other.isAnchored
            }
            return whole
        }

        private mutating func sequence(depth: Int) throws(PatternError) -> Shape {
            var shape = Shape(isAnchored: next == "^")
            while let scalar = next, scalar != "|", !(scalar == ")" && depth > 0) {
                let atom = try atom(depth: depth)
                try repeated(atom, into: &shape)
            }
            return shape
        }

        private mutating func atom(depth: Int) throws(PatternError) -> Shape {
            let scalar = scalars[position]
            position += 1
            switch scalar {
            case "\\":
                position += 1
            case "[":
                skipClass()
            case "(":
                skipGroupHead()
                var shape = try alternatives(depth: depth + 1)
                if next == ")" { position += 1 }
                shape.isAnchored = false
                return shape
            default: break
            }
            return Shape()
        }

        private mutating func repeated(_ atom: Shape, into shape: inout Shape) throws(PatternError) {
            let (least, most) = quantifier()
            let copies = min(most ?? least, 1_000)
            if most == least {
                shape.degree += atom.degree * copies
                shape.doublings += atom.doublings * copies
                shape.varies = shape.varies || (atom.varies && copies > 0)
                return
            }
            shape.varies = true
            if least == 0, most == 1 {
                shape.degree += atom.degree
                shape.doublings += atom.doublings + 1
                return
            }
            guard !atom.varies else { throw .runaway }
            shape.degree += 1
        }

        /// The repetition behind an atom; `most` is `nil` when open. Nothing there is once.
        private mutating func quantifier() -> (least: Int, most: Int?) {
            let range: (Int, Int?)
            switch next {
            case "*": range = (0, nil)
            case "+": range = (1, nil)
            case "?": range = (0, 1)
            case "{":
                guard let counted = counted() else { return (1, 1) }
                range = counted
                position -= 1
            default: return (1, 1)
            }
            position += 1
            if next == "?" || next == "+" { position += 1 }
            return range
        }

        /// `{2}`, `{2,}`, `{,4}` or `{2,4}`; anything else is a brace.
        private mutating func counted() -> (least: Int, most: Int?)? {
            guard let end = scalars[position...].firstIndex(of: "}") else { return nil }
            var inner = ""
            inner.unicodeScalars.append(contentsOf: scalars[(position + 1)..<end])
            let numbers = inner.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
            guard numbers.count <= 2, let first = numbers[0].isEmpty ? 0 : Int(numbers[0]), first >= 0 else {
                return nil
            }
            if numbers.count == 1 {
                guard !numbers[0].isEmpty else { return nil }
                position = end + 1
                return (first, first)
            }
            guard let most = numbers[1].isEmpty ? .some(nil) : Int(numbers[1]).map(Optional.some) else { return nil }
            position = end + 1
            return (first, most)
        }

        /// `[^]a[:digit:]]`: to the bracket that closes it.
        private mutating func skipClass() {
            if next == "^" { position += 1 }
            if next == "]" { position += 1 }
            var depth = 1
            while let scalar = next, depth > 0 {
                position += scalar == "\\" ? 2 : 1
                if scalar == "[" { depth += 1 }
                if scalar == "]" { depth -= 1 }
            }
        }

        /// `?:`, `?!`, `?=`, `?>`, `?<name>`, `?i:` behind an opening parenthesis.
        private mutating func skipGroupHead() {
            guard next == "?" else { return }
            position += 1
            while let scalar = next, scalar != ")", scalar != "(" {
                position += 1
                if [":", "!", "=", ">"].contains(scalar) { return }
            }
        }

        private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }
    }
}
