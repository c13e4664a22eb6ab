import Glibc
import Native
import TestKit

/// A moving picture with the bits of a video call: a still wall, and before it somebody who sways and is never twice the
/// same.
struct Scene {
    private let picture: VideoFrame
    private let wall: VideoFrame
    private var random = SeededGenerator(seed: 8)
    private var number = 0

    init(width: Int, height: Int) {
        wall = VideoFrame(width: width, height: height)
        picture = VideoFrame(width: width, height: height)
        Self.paper(wall, using: &random)
        Self.copy(wall, to: picture)
    }

    /// The next picture; the one before is painted over.
    mutating func next() -> VideoFrame {
        number += 1
        let (width, height) = (picture.width / 3, picture.height / 2)
        let sway = sin(Double(number) / 20) * Double(width / 4)
        let left = (picture.width - width) / 2 + Int(sway)
        let stage = (columns: picture.width / 4..<picture.width * 3 / 4, rows: height / 2..<height / 2 + height)
        let stride = picture.width
        wall.withPlane(.y) { wall in
            picture.withMutablePlane(.y) { samples in
                for row in stage.rows {
                    var grain = random.next()
                    for column in stage.columns {
                        let index = row * stride + column
                        guard (left..<left + width).contains(column) else {
                            samples[index] = wall[index]
                            continue
                        }
                        if column & 7 == 0 { grain = random.next() }
                        let level = 96 + ((column - left) * 3 + row * 2) % 64 + Int(grain & 15)
                        samples[index] = UInt8(truncatingIfNeeded: level)
                        grain >>= 8
                    }
                }
            }
        }
        return picture
    }

    /// Books on a shelf, as it were: a key frame of it has ten times the bytes of other frames.
    private static func paper(_ frame: VideoFrame, using random: inout SeededGenerator) {
        let stride = frame.width
        let columns = stride / book + 1
        let books = (0..<columns * (frame.height / book + 1)).map { _ in Int.random(in: 40..<200, using: &random) }
        frame.withMutablePlane(.y) { samples in
            for index in samples.indices {
                let (row, column) = index.quotientAndRemainder(dividingBy: stride)
                let level = books[row / book * columns + column / book]
                samples[index] = UInt8(level + Int.random(in: 0..<12, using: &random))
            }
        }
        for (plane, value) in [(VideoFrame.Plane.u, UInt8(112)), (.v, 146)] {
            frame.withMutablePlane(plane) { samples in
                for index in samples.indices { samples[index] = value }
            }
        }
    }

    /// Pixels.
    private static let book = 11

    private static func copy(_ source: VideoFrame, to target: VideoFrame) {
        for plane in VideoFrame.Plane.allCases {
            source.withPlane(plane) { from in
                target.withMutablePlane(plane) { to in
                    for index in to.indices { to[index] = from[index] }
                }
            }
        }
    }
}
