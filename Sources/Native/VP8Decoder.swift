import CVPX

/// A libvpx VP8 decoder, for tests and `parley-load`: the bridge forwards pictures and never decodes them.
@safe package struct VP8Decoder: ~Copyable {
    /// What came out of a frame.
    package struct Picture: Equatable, Sendable {
        /// Pixels.
        package var width: Int
        package var height: Int
        /// The decoder noticed damage in this frame or in those it refers to, and concealed it.
        package var isCorrupted: Bool

        package init(width: Int, height: Int, isCorrupted: Bool = false) {
            (self.width, self.height, self.isCorrupted) = (width, height, isCorrupted)
        }
    }

    private let context: UnsafeMutablePointer<vpx_codec_ctx_t>
    /// Of the last frame; belongs to the library and is valid until the next frame.
    private var image: UnsafeMutablePointer<vpx_image_t>?

    package init() throws(VPXError) {
        let context = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
        unsafe context.initialize(to: vpx_codec_ctx_t())
        let status = unsafe cvpx_decoder_init(context)
        guard status == VPX_CODEC_OK else {
            unsafe context.deallocate()
            throw VPXError(status: status)
        }
        unsafe image = nil
        unsafe self.context = context
    }

    deinit {
        _ = unsafe vpx_codec_destroy(context)
        unsafe context.deallocate()
    }

    /// Decodes one whole frame.
    ///
    /// VP8 does not say which pictures a frame refers to: after a lost frame the next is decoded without complaint and
    /// looks wrong. Compare ``checksum`` with what another decoder made of the stream without the loss.
    /// - Returns: `nil` for a frame that is not shown.
    /// - Throws: ``VPXError``; ``VPXError/corruptFrame`` too for an empty frame, which libvpx would take for a loss.
    package mutating func decode(_ frame: Span<UInt8>) throws(VPXError) -> Picture? {
        unsafe image = nil
        guard frame.count > 0 else { throw .corruptFrame }
        let status = unsafe frame.withUnsafeBufferPointer { bytes in
            unsafe vpx_codec_decode(context, bytes.baseAddress, UInt32(clamping: bytes.count), nil, 0)
        }
        guard status == VPX_CODEC_OK else { throw VPXError(status: status) }
        var position: vpx_codec_iter_t?
        unsafe image = vpx_codec_get_frame(context, &position)
        var corrupted: CInt = 0
        _ = unsafe cvpx_get(context, CInt(VP8D_GET_FRAME_CORRUPTED.rawValue), &corrupted)
        guard let view = unsafe view else { return nil }
        return unsafe Picture(width: view.width, height: view.height, isCorrupted: corrupted != 0)
    }

    /// The mean of a rectangle of the last picture, cut to it; `nil` without a picture or when nothing is left.
    package func meanColor(of rectangle: VideoRectangle) -> VideoColor? { unsafe view?.meanColor(of: rectangle) }

    /// A number for the last picture that differs when a sample does; `nil` without a picture.
    package var checksum: UInt64? { unsafe view?.checksum }

    /// A copy of the last picture.
    package func copyPicture() -> VideoFrame? {
        guard let view = unsafe view else { return nil }
        let frame = unsafe VideoFrame(width: view.width, height: view.height)
        unsafe view.y.copy(to: .y, of: frame)
        unsafe view.u.copy(to: .u, of: frame)
        unsafe view.v.copy(to: .v, of: frame)
        return frame
    }

    private var view: PictureView? {
        guard let image = unsafe image, let y = unsafe image.pointee.planes.0, let u = unsafe image.pointee.planes.1,
            let v = unsafe image.pointee.planes.2
        else { return nil }
        let stride = unsafe image.pointee.stride
        return unsafe PictureView(
            width: Int(image.pointee.d_w),
            height: Int(image.pointee.d_h),
            y: PlaneView(start: y, stride: Int(stride.0)),
            u: PlaneView(start: u, stride: Int(stride.1)),
            v: PlaneView(start: v, stride: Int(stride.2))
        )
    }
}

extension PlaneView {
    fileprivate func copy(to plane: VideoFrame.Plane, of frame: VideoFrame) {
        let width = frame.width(of: plane)
        for row in 0..<frame.height(of: plane) {
            unsafe (frame.bytes + frame.offset(of: plane) + row * width).update(
                from: start + row * stride, count: width)
        }
    }
}
