import CVPX

/// A libvpx VP8 encoder with the settings of a live call (one pass, constant bit rate, no look-ahead, key frames only
/// when asked for), for tests and `parley-load`: the bridge forwards pictures and never encodes them.
@safe package struct VP8Encoder: ~Copyable {
    /// Temporal layers, in the patterns that browsers use: a frame refers to none of a higher layer.
    package enum Layers: Int, Sendable {
        case none = 1
        /// L1T2: layers 0 1.
        case two
        /// L1T3: layers 0 2 1 2.
        case three
    }

    package struct Settings: Sendable {
        /// Pixels.
        package var width: Int
        package var height: Int
        /// Bits per second.
        package var bitrate: Int
        package var framesPerSecond: Int
        package var layers: Layers
        /// −16 (cheap) to −1: how much of its time the encoder leaves unused.
        package var speed: Int
        /// Frames are left out when the buffer is filled to less than this, in percent; 0 leaves none out.
        package var dropThreshold: Int

        package init(
            width: Int = 640,
            height: Int = 360,
            bitrate: Int = 600_000,
            framesPerSecond: Int = 30,
            layers: Layers = .none,
            speed: Int = -12,
            dropThreshold: Int = 30
        ) {
            (self.width, self.height, self.bitrate) = (width, height, bitrate)
            (self.framesPerSecond, self.layers) = (framesPerSecond, layers)
            (self.speed, self.dropThreshold) = (speed, dropThreshold)
        }
    }

    /// One encoded frame.
    package struct Frame: Equatable, Sendable {
        package var bytes: [UInt8]
        package var isKeyFrame: Bool
        /// 0 without layers.
        package var temporalID: UInt8
        /// Refers to layer 0 alone.
        package var isLayerSync: Bool
        /// Nothing refers to it.
        package var isNonReference: Bool
    }

    package let settings: Settings
    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    /// Where in the pattern of layers the next frame stands.
    private var position = 0
    /// The first frame, or one that was asked for and left out.
    private var keyFrameIsDue = true

    package init(_ settings: Settings = Settings()) throws(VPXError) {
        guard (2...16_382).contains(settings.width), (2...16_382).contains(settings.height), settings.bitrate > 0,
            (1...120).contains(settings.framesPerSecond), (-16...(-1)).contains(settings.speed),
            (0...100).contains(settings.dropThreshold)
        else { throw .badArgument }
        let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
        unsafe context.initialize(to: vpx_codec_ctx_t())
        let status = unsafe cvpx_encoder_init(context, settings.libraryValue(bitrate: settings.bitrate))
        guard status == VPX_CODEC_OK else {
            unsafe context.deallocate()
            throw VPXError(status: status)
        }
        for (request, value) in [
            (VP8E_SET_CPUUSED, settings.speed), (VP8E_SET_STATIC_THRESHOLD, 1), (VP8E_SET_MAX_INTRA_BITRATE_PCT, 900),
        ] {
            _ = unsafe cvpx_set(context, CInt(request.rawValue), CInt(value))
        }
        self.settings = settings
        unsafe self.context = context
    }

    deinit {
        _ = unsafe vpx_codec_destroy(context)
        unsafe context.deallocate()
    }

    /// Encodes the next picture.
    ///
    /// - Parameter forceKeyFrame: The first frame is a key frame in any case; there are no others unasked.
    /// - Returns: `nil` when the frame was left out to keep the bit rate; if it was to be a key frame, the next will be.
    /// - Throws: ``VPXError/badArgument`` for a picture of another size.
    package mutating func encode(_ picture: VideoFrame, forceKeyFrame: Bool = false) throws(VPXError) -> Frame? {
        guard picture.width == settings.width, picture.height == settings.height else { throw .badArgument }
        let isKeyFrame = forceKeyFrame || keyFrameIsDue
        keyFrameIsDue = isKeyFrame
        if isKeyFrame { position = 0 }
        let place = settings.layers.place(at: position)
        if settings.layers != .none {
            _ = unsafe cvpx_set(context, CInt(VP8E_SET_TEMPORAL_LAYER_ID.rawValue), CInt(place.temporalID))
        }
        let flags = isKeyFrame ? CLong(VPX_EFLAG_FORCE_KF) : place.flags
        guard let bytes = try run(picture, flags: flags) else { return nil }
        position += 1
        keyFrameIsDue = false
        return Frame(
            bytes: bytes,
            isKeyFrame: bytes[0] & 1 == 0,
            temporalID: place.temporalID,
            isLayerSync: place.isLayerSync && !isKeyFrame,
            isNonReference: place.isNonReference
        )
    }

    /// Bits per second from the next frame on.
    package mutating func setBitrate(_ bitrate: Int) throws(VPXError) {
        guard bitrate > 0 else { throw .badArgument }
        let status = unsafe cvpx_encoder_configure(context, settings.libraryValue(bitrate: bitrate))
        guard status == VPX_CODEC_OK else { throw VPXError(status: status) }
    }

    private mutating func run(_ picture: VideoFrame, flags: CLong) throws(VPXError) -> [UInt8]? {
        var image = unsafe vpx_image_t()
        guard
            unsafe vpx_img_wrap(
                &image, VPX_IMG_FMT_I420, UInt32(picture.width), UInt32(picture.height), 1, picture.bytes) != nil
        else { throw .badArgument }
        unsafe image.planes.0 = picture.bytes
        unsafe image.planes.1 = picture.bytes + picture.offset(of: .u)
        unsafe image.planes.2 = picture.bytes + picture.offset(of: .v)
        unsafe image.stride = (
            CInt(picture.width(of: .y)), CInt(picture.width(of: .u)), CInt(picture.width(of: .v)), 0
        )
        let time = presentationTime
        presentationTime += 1
        let status = unsafe vpx_codec_encode(context, &image, time, 1, flags, CUnsignedLong(VPX_DL_REALTIME))
        guard status == VPX_CODEC_OK else { throw VPXError(status: status) }
        return packet()
    }

    /// In frames, those left out counted.
    private var presentationTime: Int64 = 0

    private func packet() -> [UInt8]? {
        var position: vpx_codec_iter_t?
        while let packet = unsafe vpx_codec_get_cx_data(context, &position) {
            guard unsafe packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
            let frame = unsafe packet.pointee.data.frame
            guard let start = unsafe frame.buf, unsafe frame.sz > 0 else { continue }
            return unsafe Array(UnsafeRawBufferPointer(start: start, count: frame.sz))
        }
        return nil
    }
}

extension VP8Encoder.Layers {
    /// Where a frame stands, and what libvpx is told for it.
    struct Place {
        var temporalID: UInt8
        var isLayerSync = false
        var isNonReference = false
        var flags: CLong
    }

    /// Layer 0 keeps to the last picture, layer 1 to the golden one; the top layer is kept nowhere. Layers above 0
    /// leave the probabilities alone, as a receiver may never see them. A layer can be entered once in eight frames.
    func place(at position: Int) -> Place {
        let isSync = position % 8 < 4
        switch (self, position % 4) {
        case (.none, _): return Place(temporalID: 0, flags: 0)
        case (.two, 1), (.two, 3):
            // Layer 1 refers to layer 0 and, except at a sync, to itself.
            return Place(
                temporalID: 1, isLayerSync: position % 8 == 1,
                flags: Flag.keepLast | Flag.keepAltRef | Flag.keepEntropy | Flag.ignoreAltRef
                    | (position % 8 == 1 ? Flag.ignoreGolden : 0))
        case (.three, 2):
            return Place(
                temporalID: 1, isLayerSync: isSync,
                flags: Flag.keepLast | Flag.keepAltRef | Flag.keepEntropy | Flag.ignoreAltRef
                    | (isSync ? Flag.ignoreGolden : 0))
        case (.three, 1), (.three, 3):
            let entersHere = position % 8 == 1
            return Place(
                temporalID: 2, isLayerSync: entersHere, isNonReference: true,
                flags: Flag.keepLast | Flag.keepGolden | Flag.keepAltRef | Flag.keepEntropy | Flag.ignoreAltRef
                    | (entersHere ? Flag.ignoreGolden : 0))
        case (.two, _), (.three, _):
            return Place(
                temporalID: 0,
                flags: Flag.keepGolden | Flag.keepAltRef | Flag.ignoreGolden | Flag.ignoreAltRef)
        }
    }

    /// `VP8_EFLAG_…`, which are shifts that Swift does not import.
    private enum Flag {
        static let ignoreGolden: CLong = 1 << 17
        static let keepLast: CLong = 1 << 18
        static let ignoreAltRef: CLong = 1 << 21
        static let keepGolden: CLong = 1 << 22
        static let keepAltRef: CLong = 1 << 23
        static let keepEntropy: CLong = 1 << 20
    }
}

extension VP8Encoder.Settings {
    fileprivate func libraryValue(bitrate: Int) -> cvpx_settings {
        cvpx_settings(
            width: CInt(width),
            height: CInt(height),
            frames_per_second: CInt(framesPerSecond),
            kilobits_per_second: CInt(clamping: max(1, min(bitrate / 1000, 1_000_000))),
            drop_threshold: CInt(dropThreshold),
            layers: CInt(layers.rawValue)
        )
    }
}
