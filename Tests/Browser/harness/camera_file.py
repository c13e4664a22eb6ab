"""Films for Chromium's synthetic camera: one colour, so that a test can recognise who is seen."""

import random

_WIDTH, _HEIGHT = 640, 360
_RATE = 20
_SECONDS = 10

# Rows with the bar, and the bar's width and step in pixels. The middle of the picture, where tests look, is plain.
_BAR = range(270, 330)
_BAR_WIDTH, _STEP = 40, 8
# Rows with grain that does not move: key frames take several packets, as a real camera's do, and other frames do not.
_GRAIN = 48


def write_camera_file(path, colour):
    """Writes ten seconds of Y4M (70 MB) to `path`, which the browser plays over and over: `colour` is (r, g, b).

    A light bar moves through the lower third, so that every frame differs from the one before.
    """
    y, u, v = _yuv(colour)
    plain = bytes([y]) * _WIDTH
    grain = bytes(y + each % 24 - 12 for each in random.Random(path.name).randbytes(_WIDTH * _GRAIN))
    above = grain + plain * (_BAR.start - _GRAIN)
    chroma = b"".join(bytes([each]) * (_WIDTH // 2 * _HEIGHT // 2) for each in (u, v))
    below = plain * (_HEIGHT - _BAR.stop) + chroma
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420\n" % (_WIDTH, _HEIGHT, _RATE))
        for frame in range(_RATE * _SECONDS):
            left = frame * _STEP % _WIDTH
            row = (plain[:left] + bytes([235]) * _BAR_WIDTH + plain)[:_WIDTH]
            file.write(b"FRAME\n" + above + row * len(_BAR) + below)
    return path


def _yuv(colour):
    """BT.601, limited range."""
    r, g, b = (each / 255 for each in colour)
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    u = 128 - 37.797 * r - 74.203 * g + 112 * b
    v = 128 + 112 * r - 93.786 * g - 18.214 * b
    return round(y), round(u), round(v)
