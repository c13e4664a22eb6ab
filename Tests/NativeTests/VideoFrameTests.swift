import Native
import Testing

struct VideoFrameTests {
    @Test func beginsBlack() {
        let frame = VideoFrame(width: 5, height: 3)
        #expect(
            frame.meanColor(of: VideoRectangle(x: 0, y: 0, width: 5, height: 3)) == VideoColor(y: 16, u: 128, v: 128))
        #expect(frame.width(of: .y) == 5 && frame.height(of: .y) == 3)
        #expect(frame.width(of: .u) == 3 && frame.height(of: .v) == 2)
        for plane in VideoFrame.Plane.allCases {
            frame.withPlane(plane) { #expect($0.count == frame.width(of: plane) * frame.height(of: plane)) }
        }
    }

    @Test func paintsItsRectangleAndNothingElse() {
        let frame = VideoFrame(width: 16, height: 8)
        let green = VideoColor(red: 0, green: 255, blue: 0)
        frame.fill(VideoRectangle(x: 4, y: 2, width: 8, height: 4), with: green)
        #expect(frame.meanColor(of: VideoRectangle(x: 4, y: 2, width: 8, height: 4)) == green)
        let black = VideoColor(y: 16, u: 128, v: 128)
        for outside in [(0, 0, 16, 2), (0, 6, 16, 2), (0, 2, 4, 4), (12, 2, 4, 4)] {
            let area = VideoRectangle(x: outside.0, y: outside.1, width: outside.2, height: outside.3)
            #expect(frame.meanColor(of: area) == black)
        }
    }

    @Test(
        arguments: [
            VideoRectangle(x: -4, y: -4, width: 8, height: 8), VideoRectangle(x: 12, y: 4, width: 100, height: 100),
            VideoRectangle(x: 0, y: 0, width: .max, height: .max), VideoRectangle(x: 8, y: 4, width: .max, height: 1),
        ]
    )
    func rectanglesAreCutToThePicture(area: VideoRectangle) {
        let frame = VideoFrame(width: 16, height: 8)
        let white = VideoColor(red: 255, green: 255, blue: 255)
        frame.fill(area, with: white)
        #expect(frame.meanColor(of: area) == white)
    }

    @Test func nothingHasNoColour() {
        let frame = VideoFrame(width: 16, height: 8)
        for area in [(16, 0, 4, 4), (0, 0, 0, 4), (0, 0, 4, -1), (-8, 0, 8, 8)] {
            let area = VideoRectangle(x: area.0, y: area.1, width: area.2, height: area.3)
            #expect(frame.meanColor(of: area) == nil)
        }
    }

    /// BT.601 as published: pure colours at the edges of the range.
    @Test(
        arguments: [
            ((0, 0, 0), (16, 128, 128)), ((255, 255, 255), (235, 128, 128)), ((255, 0, 0), (82, 90, 240)),
            ((0, 255, 0), (145, 54, 34)), ((0, 0, 255), (41, 240, 110)),
        ] as [((UInt8, UInt8, UInt8), (UInt8, UInt8, UInt8))]
    )
    func convertsColours(rgb: (UInt8, UInt8, UInt8), yuv: (UInt8, UInt8, UInt8)) {
        let color = VideoColor(red: rgb.0, green: rgb.1, blue: rgb.2)
        #expect(color.distance(to: VideoColor(y: yuv.0, u: yuv.1, v: yuv.2)) <= 1)
    }
}
