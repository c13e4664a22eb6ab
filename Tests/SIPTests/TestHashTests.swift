import Testing

struct TestHashTests {
    @Test func `the test hashes are the real ones`() {
        #expect(TestHash.hex(TestHash.md5(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
        #expect(
            TestHash.hex(TestHash.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
