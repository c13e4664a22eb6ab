#if !LIBFUZZER
    import Glibc

    /// Runs files through an entry, or damaged copies of them: `parley-fuzz sip [--rounds N] [--seed N] FILE...`.
    ///
    /// Files alone repeat what libFuzzer found; rounds are for toolchains without libFuzzer. It traps at the first claim
    /// that is broken, and leaves the bytes in `parley-fuzz-crash` before it tries them.
    @main
    enum ParleyFuzz {
        static func main() {
            var arguments = Array(CommandLine.arguments.dropFirst())
            guard let entry = arguments.first.flatMap(FuzzEntry.init(rawValue:)) else {
                print(
                    "usage: parley-fuzz \(FuzzEntry.allCases.map(\.rawValue).joined(separator: "|")) [--rounds N] [--seed N] FILE..."
                )
                exit(2)
            }
            arguments.removeFirst()
            let rounds = number(after: "--rounds", in: &arguments) ?? 0
            var generator = Generator(state: UInt64(number(after: "--seed", in: &arguments) ?? 1))
            let files = arguments.map(read)
            for file in files { entry.run(file) }
            guard !files.isEmpty else { return }
            for round in 0..<rounds {
                let input = generator.damaged(files[round % files.count])
                write(input, to: "parley-fuzz-crash")
                entry.run(input)
            }
            _ = unsafe remove("parley-fuzz-crash")
            print("\(entry.rawValue): \(files.count) files, \(rounds) rounds")
        }

        private static func number(after name: String, in arguments: inout [String]) -> Int? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            let number = Int(arguments[index + 1])
            arguments.removeSubrange(index...(index + 1))
            return number
        }

        private static func read(_ path: String) -> [UInt8] {
            guard let file = unsafe fopen(path, "r") else {
                print("cannot read \(path)")
                exit(2)
            }
            defer { unsafe fclose(file) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
                if count == 0 { return bytes }
                bytes += chunk[..<count]
            }
        }

        private static func write(_ bytes: [UInt8], to path: String) {
            guard let file = unsafe fopen(path, "w") else { return }
            _ = unsafe bytes.withUnsafeBytes { unsafe fwrite($0.baseAddress, 1, $0.count, file) }
            unsafe fclose(file)
        }
    }

    /// SplitMix64, and what it does to bytes.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }

        mutating func damaged(_ original: [UInt8]) -> [UInt8] {
            var bytes = original
            for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
                let index = Int.random(in: bytes.indices, using: &self)
                switch Int.random(in: 0..<5, using: &self) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(Self.separators.randomElement(using: &self) ?? 0, at: index)
                case 2: bytes.removeSubrange(index..<min(index + 40, bytes.count))
                case 3: bytes.insert(contentsOf: bytes[index..<min(index + 40, bytes.count)], at: index)
                default: bytes[index] = UInt8.random(in: 0...255, using: &self)
                }
            }
            return bytes
        }

        private static let separators = Array("\r\n\t ;:,=<>\"\\@%/?&[]*0".utf8) + [0, 0xFF]
    }
#endif
