"""PNG read dot by dot."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt


def colours(data: bytes) -> npt.NDArray[np.uint8]:
    """Red, green and blue of the dots of a small PNG, of eight bits and without interlacing."""
    at, body, header = 8, b"", (0, 0, 0)
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", content)
            assert (depth, interlaced) == (8, 0)
            header = width, height, {0: 1, 2: 3, 4: 2, 6: 4}[colour]
        elif kind == b"IDAT":
            body += content
        at += size + 12
    width, height, channels = header
    raw = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + width * channels)
    lines = np.zeros((height + 1, width + 1, channels), np.int64)
    for y in range(height):
        line = raw[y, 1:].reshape(width, channels).astype(np.int64)
        for x in range(width):
            left, above, corner = lines[y + 1, x], lines[y, x + 1], lines[y, x]
            match raw[y, 0]:
                case 0:
                    guess = np.zeros(channels, np.int64)
                case 1:
                    guess = left
                case 2:
                    guess = above
                case 3:
                    guess = (left + above) // 2
                case _:
                    estimate = left + above - corner
                    a, b, c = abs(estimate - left), abs(estimate - above), abs(estimate - corner)
                    guess = np.where((a <= b) & (a <= c), left, np.where(b <= c, above, corner))
            lines[y + 1, x + 1] = (line[x] + guess) % 256
    return lines[1:, 1:, : min(channels, 3)].astype(np.uint8)


def brightness(data: bytes) -> npt.NDArray[np.uint8]:
    """The brightness of the dots."""
    return colours(data).mean(axis=-1).astype(np.uint8)
