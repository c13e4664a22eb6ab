"""Sound of telephones: tones, mu-law, and how loud a tone is. Samples are integers of 16 bits at 8000 Hz."""

import math
import wave

RATE = 8000
FULL_SCALE = 32767


def tone(frequency, samples, start=0, level=-12):
    """`samples` of a sine that began `start` samples ago, `level` dB of a full-scale one."""
    top, step = FULL_SCALE * 10 ** (level / 20), 2 * math.pi * frequency / RATE
    return [round(top * math.sin(step * (start + index))) for index in range(samples)]


def level(samples, frequency, rate=RATE):
    """How loud `frequency` is in `samples`, in dB of a full-scale sine; at least -120 (Goertzel, Hann's window)."""
    count = len(samples)
    if count == 0:
        return -120
    turn = 2 * math.cos(2 * math.pi * frequency / rate)
    before = last = 0.0
    for sample, weight in zip(samples, _window(count)):
        before, last = last, sample * weight + turn * last - before
    power = before * before + last * last - turn * before * last
    # The mean of Hann's window is one half, and a sine has half its power at each of two frequencies.
    amplitude = 4 * math.sqrt(max(power, 0)) / count / FULL_SCALE
    return round(max(-120, 20 * math.log10(amplitude or 1e-6)), 1)


def levels(samples, frequencies, rate=RATE):
    return {each: level(samples, each, rate) for each in frequencies}


def _window(count):
    if count not in _windows:
        _windows[count] = [0.5 - 0.5 * math.cos(2 * math.pi * index / count) for index in range(count)]
    return _windows[count]


_windows = {}


# MARK: Mu-law (ITU-T G.711)


def _encoded(sample):
    sign, size = (0x80, -sample) if sample < 0 else (0, sample)
    size = min(size, 32635) + 132
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> exponent + 3 & 15) & 255


def _decoded(byte):
    byte = ~byte & 255
    size = ((byte & 15) * 8 + 132 << (byte >> 4 & 7)) - 132
    return -size if byte & 128 else size


_ENCODED = bytes(_encoded(sample) for sample in range(-32768, 32768))
_DECODED = [_decoded(byte) for byte in range(256)]


def encode(samples):
    return bytes(_ENCODED[sample + 32768] for sample in samples)


def decode(data):
    return [_DECODED[byte] for byte in data]


# MARK: Files


def write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return path
