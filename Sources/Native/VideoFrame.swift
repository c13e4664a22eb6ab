/// A colour as video has it: BT.601, luma 16 to 235, chroma 16 to 240 around 128.
package struct VideoColor: Hashable, Sendable {
    package var y: UInt8
    package var u: UInt8
    package var v: UInt8

    package init(y: UInt8, u: UInt8, v: UInt8) { (self.y, self.u, self.v) = (y, u, v) }

    /// - Parameters: Red, green and blue, 0 to 255.
    package init(red: UInt8, green: UInt8, blue: UInt8) {
        let (red, green, blue) = (Int(red), Int(green), Int(blue))
        y = UInt8(clamping: 16 + (66 * red + 129 * green + 25 * blue + 128) >> 8)
        u = UInt8(clamping: 128 + (112 * blue - 38 * red - 74 * green + 128) >> 8)
        v = UInt8(clamping: 128 + (112 * red - 94 * green - 18 * blue + 128) >> 8)
    }

    /// How far apart two colours are: the largest difference of a component.
    package func distance(to other: VideoColor) -> Int {
        max(abs(Int(y) - Int(other.y)), abs(Int(u) - Int(other.u)), abs(Int(v) - Int(other.v)))
    }
}

/// A part of a picture, in pixels from the upper left corner.
package struct VideoRectangle: Hashable, Sendable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    /// What of it lies in a picture of that size; empty when nothing does.
    func clipped(width pictureWidth: Int, height pictureHeight: Int) -> (x: Range<Int>, y: Range<Int>) {
        (Self.clip(x, width, to: pictureWidth), Self.clip(y, height, to: pictureHeight))
    }

    private static func clip(_ start: Int, _ length: Int, to limit: Int) -> Range<Int> {
        let first = min(max(start, 0), limit)
        let (end, overflow) = start.addingReportingOverflow(length)
        return first..<max(first, overflow ? limit : min(end, limit))
    }
}

/// A picture in I420 that belongs to an object: a plane of luma and two of chroma at half its width and height.
@safe package final class VideoFrame {
    package enum Plane: CaseIterable, Sendable { case y, u, v }

    /// Pixels.
    package let width: Int
    package let height: Int
    let bytes: UnsafeMutablePointer<UInt8>
    private let count: Int

    /// A black picture.
    ///
    /// - Precondition: Width and height are 1 to 16 383, as in VP8.
    package init(width: Int, height: Int) {
        precondition((1..<16_384).contains(width) && (1..<16_384).contains(height), "no size of a VP8 picture")
        (self.width, self.height) = (width, height)
        let chroma = ((width + 1) / 2) * ((height + 1) / 2)
        count = width * height + 2 * chroma
        unsafe bytes = .allocate(capacity: count)
        unsafe bytes.initialize(repeating: 16, count: width * height)
        unsafe (bytes + width * height).initialize(repeating: 128, count: 2 * chroma)
    }

    deinit { unsafe bytes.deallocate() }

    /// Samples in a row of `plane`; rows follow each other without a gap.
    package func width(of plane: Plane) -> Int { plane == .y ? width : (width + 1) / 2 }

    /// Rows of `plane`.
    package func height(of plane: Plane) -> Int { plane == .y ? height : (height + 1) / 2 }

    /// Lends a plane for reading.
    package func withPlane<R>(_ plane: Plane, _ body: (Span<UInt8>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeBufferPointer(
            start: bytes + offset(of: plane), count: width(of: plane) * height(of: plane))
        return try body(unsafe all.span)
    }

    /// Lends a plane for writing; do not lend it twice at once.
    package func withMutablePlane<R>(_ plane: Plane, _ body: (inout MutableSpan<UInt8>) throws -> R) rethrows -> R {
        let all = unsafe UnsafeMutableBufferPointer(
            start: bytes + offset(of: plane), count: width(of: plane) * height(of: plane))
        var span = unsafe all.mutableSpan
        return try body(&span)
    }

    /// Paints a rectangle, cut to the picture; chroma has half the resolution, so odd edges are half painted.
    package func fill(_ rectangle: VideoRectangle, with color: VideoColor) {
        let part = rectangle.clipped(width: width, height: height)
        for (plane, value) in [(Plane.y, color.y), (.u, color.u), (.v, color.v)] {
            let (columns, rows) = plane == .y ? (part.x, part.y) : (part.x.halved, part.y.halved)
            let stride = width(of: plane)
            withMutablePlane(plane) { samples in
                for row in rows { for column in columns { samples[row * stride + column] = value } }
            }
        }
    }

    /// Paints the whole picture.
    package func fill(with color: VideoColor) {
        fill(VideoRectangle(x: 0, y: 0, width: width, height: height), with: color)
    }

    /// The mean of a rectangle, cut to the picture; `nil` when nothing of it is left.
    package func meanColor(of rectangle: VideoRectangle) -> VideoColor? { unsafe view.meanColor(of: rectangle) }

    func offset(of plane: Plane) -> Int {
        switch plane {
        case .y: 0
        case .u: width * height
        case .v: width * height + width(of: .u) * height(of: .u)
        }
    }

    private var view: PictureView {
        unsafe PictureView(
            width: width,
            height: height,
            y: PlaneView(start: bytes, stride: width),
            u: PlaneView(start: bytes + offset(of: .u), stride: width(of: .u)),
            v: PlaneView(start: bytes + offset(of: .v), stride: width(of: .v))
        )
    }
}

extension Range<Int> {
    /// The chroma samples of these pixels.
    fileprivate var halved: Range<Int> { isEmpty ? 0..<0 : lowerBound / 2..<(upperBound + 1) / 2 }
}

/// A plane in memory of somebody else's.
@unsafe struct PlaneView {
    let start: UnsafePointer<UInt8>
    let stride: Int

    /// The mean of a part; `nil` when it is empty.
    func mean(_ columns: Range<Int>, _ rows: Range<Int>) -> UInt8? {
        guard !columns.isEmpty, !rows.isEmpty else { return nil }
        var sum = 0
        for row in rows { for column in columns { sum += Int(unsafe start[row * stride + column]) } }
        let count = columns.count * rows.count
        return UInt8(clamping: (sum + count / 2) / count)
    }

    func add(columns: Int, rows: Int, to sum: inout UInt64) {
        for row in 0..<rows {
            for column in 0..<columns {
                sum = (sum ^ UInt64(unsafe start[row * stride + column])) &* 0x100_0000_01B3
            }
        }
    }
}

/// An I420 picture in memory of somebody else's.
@unsafe struct PictureView {
    let width: Int
    let height: Int
    let y: PlaneView
    let u: PlaneView
    let v: PlaneView

    func meanColor(of rectangle: VideoRectangle) -> VideoColor? {
        let part = unsafe rectangle.clipped(width: width, height: height)
        guard let luma = unsafe y.mean(part.x, part.y), let blue = unsafe u.mean(part.x.halved, part.y.halved),
            let red = unsafe v.mean(part.x.halved, part.y.halved)
        else { return nil }
        return VideoColor(y: luma, u: blue, v: red)
    }

    /// A number that differs when a sample does (FNV-1a, 64 bits).
    var checksum: UInt64 {
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        unsafe y.add(columns: width, rows: height, to: &sum)
        unsafe u.add(columns: (width + 1) / 2, rows: (height + 1) / 2, to: &sum)
        unsafe v.add(columns: (width + 1) / 2, rows: (height + 1) / 2, to: &sum)
        return sum
    }
}
