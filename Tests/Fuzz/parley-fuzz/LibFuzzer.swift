#if LIBFUZZER
    import Glibc

    /// Where libFuzzer enters; `PARLEY_FUZZ` names the ``FuzzEntry``. Built by `tools/fuzz` alone.
    @_cdecl("LLVMFuzzerTestOneInput")
    func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
        chosen.run(bytes)
        return 0
    }

    private let chosen: FuzzEntry = {
        guard let name = unsafe getenv("PARLEY_FUZZ") else { return .sip }
        return unsafe FuzzEntry(rawValue: String(cString: name)) ?? .sip
    }()
#endif
