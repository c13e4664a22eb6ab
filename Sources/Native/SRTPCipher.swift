import COpenSSL

/// The cryptographic transform of RTP or RTCP in one direction: AES-GCM (RFC 7714) or AES-CM with HMAC-SHA1 (RFC 3711).
///
/// Knows keys and bytes, no sequence numbers: what may be sealed or opened is ``SRTPSession``'s to decide. The key is
/// scheduled once; a packet only sets the initialization vector, so nothing is allocated and no lock is taken.
@safe package struct SRTPCipher: ~Copyable {
    /// Which of the two protocols; they differ in keys, and in GCM in what is authenticated.
    package enum ProtocolKind: Sendable { case rtp, rtcp }

    /// Where the parts of one packet are, and what makes its initialization vector unique.
    package struct Frame: Sendable {
        /// Bytes that stay readable: header, CSRCs and extension of RTP, the first eight of RTCP.
        package var clear: Int
        /// Bytes of the packet without anything SRTP adds; those from `clear` on are encrypted.
        package var end: Int
        /// Where the tag starts.
        package var tag: Int
        package var ssrc: UInt32
        /// ROC · 2^16 + SEQ in SRTP (48 bits), the SRTCP index in SRTCP (31 bits).
        package var index: UInt64
        /// Signed behind the packet: the ROC (RFC 3711 §4.2) or E and SRTCP index (§3.4). GCM's SRTP needs none.
        package var word: UInt32

        package init(clear: Int, end: Int, tag: Int, ssrc: UInt32, index: UInt64, word: UInt32) {
            precondition(0 <= clear && clear <= end && end <= tag, "an SRTP frame out of order")
            self.clear = clear
            self.end = end
            self.tag = tag
            self.ssrc = ssrc
            self.index = index
            self.word = word
        }
    }

    private let context: OpaquePointer
    /// The session salt with zeros behind it, as two big-endian words.
    private let salt: (high: UInt64, low: UInt64)
    /// `nil` in GCM.
    private let authentication: SRTPAuthentication?
    private let signsWord: Bool
    private let tagLength: Int

    /// - Throws: ``SRTPError/malformed`` for keys of another length.
    package init(
        profile: SRTPProfile, keys: SRTPSessionKeys, protocolKind: ProtocolKind, direction: SRTPSession.Direction
    ) throws(SRTPError) {
        guard keys.encryption.count == profile.keyLength, keys.salt.count == profile.saltLength else {
            throw .malformed
        }
        guard let created = unsafe EVP_CIPHER_CTX_new() else { throw .library }
        let algorithm: OpaquePointer?
        let isEncrypting: Int32
        switch profile {
        case .aes128CMSHA1_80, .aes128CMSHA1_32:
            unsafe algorithm = EVP_aes_128_ctr()
            isEncrypting = 1  // a key stream is the same both ways
        case .aeadAES128GCM:
            unsafe algorithm = EVP_aes_128_gcm()
            isEncrypting = direction == .outbound ? 1 : 0
        }
        guard unsafe EVP_CipherInit_ex(created, algorithm, nil, keys.encryption, nil, isEncrypting) == 1 else {
            unsafe EVP_CIPHER_CTX_free(created)  // deinit runs only once `self` is complete
            throw .library
        }
        let padded = keys.salt + [UInt8](repeating: 0, count: 16 - keys.salt.count)
        salt = (
            padded[..<8].reduce(0) { $0 << 8 | UInt64($1) },
            padded[8...].reduce(0) { $0 << 8 | UInt64($1) }
        )
        authentication = profile == .aeadAES128GCM ? nil : SRTPAuthentication(key: keys.authentication)
        signsWord = protocolKind == .rtcp
        tagLength = protocolKind == .rtcp ? profile.controlTagLength : profile.tagLength
        unsafe context = created
    }

    deinit { unsafe EVP_CIPHER_CTX_free(context) }

    /// Encrypts the frame in place and writes its tag.
    ///
    /// Never for an SSRC and index that were used before: GCM loses its key's secrecy then (RFC 7714 §8.1).
    /// - Precondition: `packet` has room for the tag.
    package mutating func seal(_ packet: inout MutableSpan<UInt8>, _ frame: Frame) throws(SRTPError) {
        precondition(packet.count >= frame.tag + tagLength, "no room for the SRTP tag")
        let isSealed = unsafe packet.withUnsafeMutableBytes { bytes in
            unsafe authentication == nil ? sealGCM(bytes, frame) : sealCM(bytes, frame)
        }
        guard isSealed else { throw .library }
    }

    /// Checks the frame's tag and decrypts in place. After an error the bytes behind `clear` mean nothing.
    ///
    /// - Throws: ``SRTPError/authenticationFailed``.
    /// - Precondition: `packet` holds the tag.
    package mutating func open(_ packet: inout MutableSpan<UInt8>, _ frame: Frame) throws(SRTPError) {
        precondition(packet.count >= frame.tag + tagLength, "no SRTP tag")
        let isAuthentic = unsafe packet.withUnsafeMutableBytes { bytes in
            unsafe authentication == nil ? openGCM(bytes, frame) : openCM(bytes, frame)
        }
        guard isAuthentic else { throw .authenticationFailed }
    }
}

// MARK: - AES-GCM

extension SRTPCipher {
    private func sealGCM(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        var unused: Int32 = 0
        let tag = unsafe bytes.baseAddress.map { unsafe $0 + frame.tag }
        guard start(highOfGCM(frame), salt.low ^ frame.index << 32),
            unsafe authenticateHeader(bytes, frame),
            unsafe crypt(bytes, frame),
            unsafe EVP_CipherFinal_ex(context, tag?.assumingMemoryBound(to: UInt8.self), &unused) == 1
        else { return false }
        return unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), tag) == 1
    }

    private func openGCM(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        var unused: Int32 = 0
        let tag = unsafe bytes.baseAddress.map { unsafe $0 + frame.tag }
        guard start(highOfGCM(frame), salt.low ^ frame.index << 32),
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), tag) == 1,
            unsafe authenticateHeader(bytes, frame),
            unsafe crypt(bytes, frame)
        else { return false }
        // Writes nothing: GCM has no last block.
        return unsafe EVP_CipherFinal_ex(context, tag?.assumingMemoryBound(to: UInt8.self), &unused) == 1
    }

    /// Two zero bytes, SSRC, and 48 bits of index (RFC 7714 §8.1, §9.1): the first eight of its twelve bytes.
    private func highOfGCM(_ frame: Frame) -> UInt64 { salt.high ^ UInt64(frame.ssrc) << 16 ^ frame.index >> 32 }

    /// Associated data: what stays readable, and in SRTCP the word of E and index (RFC 7714 §8.2, §9.2).
    private func authenticateHeader(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        var unused: Int32 = 0
        let header = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard unsafe EVP_CipherUpdate(context, nil, &unused, header, Int32(frame.clear)) == 1 else { return false }
        guard signsWord else { return true }
        return unsafe withUnsafeBytes(of: frame.word.bigEndian) { word in
            let bytes = unsafe word.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe EVP_CipherUpdate(context, nil, &unused, bytes, 4) == 1
        }
    }
}

// MARK: - AES-CM and HMAC-SHA1

extension SRTPCipher {
    private func sealCM(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        guard startCM(frame), unsafe crypt(bytes, frame), let digest = unsafe digest(bytes, frame) else {
            return false
        }
        for index in 0..<tagLength { unsafe bytes[frame.tag + index] = digest[index] }
        return true
    }

    private func openCM(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        guard let digest = unsafe digest(bytes, frame) else { return false }
        // Looks at all bytes, so that the time does not tell how many were right.
        var difference: UInt8 = 0
        for index in 0..<tagLength { difference |= unsafe bytes[frame.tag + index] ^ digest[index] }
        guard difference == 0, startCM(frame) else { return false }
        return unsafe crypt(bytes, frame)
    }

    /// k_s · 2^16 XOR SSRC · 2^64 XOR index · 2^16 (RFC 3711 §4.1.1).
    private func startCM(_ frame: Frame) -> Bool {
        start(salt.high ^ UInt64(frame.ssrc), salt.low ^ frame.index << 16)
    }

    private func digest(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> SRTPAuthentication.Digest? {
        unsafe authentication?.digest(of: UnsafeRawBufferPointer(rebasing: bytes[..<frame.end]), word: frame.word)
    }
}

// MARK: - Both

extension SRTPCipher {
    /// Sets the initialization vector and keeps cipher, key and direction.
    private func start(_ high: UInt64, _ low: UInt64) -> Bool {
        unsafe withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { vector in
            let bytes = unsafe vector.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe EVP_CipherInit_ex(context, nil, nil, nil, bytes, -1) == 1
        }
    }

    private func crypt(_ bytes: UnsafeMutableRawBufferPointer, _ frame: Frame) -> Bool {
        guard frame.end > frame.clear else { return true }
        var written: Int32 = 0
        let payload = unsafe bytes.baseAddress.map { unsafe ($0 + frame.clear).assumingMemoryBound(to: UInt8.self) }
        return unsafe EVP_CipherUpdate(context, payload, &written, payload, Int32(frame.end - frame.clear)) == 1
    }
}
