#!/usr/bin/env python3
"""Draw icon.png: a stopwatch that is a plug. Each shape is a signed distance, negative inside, so edges are smooth."""

import struct
import zlib
from math import hypot
from pathlib import Path
from typing import NamedTuple

SIZE = 512


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255."""

    red: float
    green: float
    blue: float

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """Return this colour with a share of another."""
        return Colour(*(mine + (theirs - mine) * share for mine, theirs in zip(self, other, strict=True)))


PLUM = Colour(84, 28, 74)
NIGHT = Colour(44, 12, 42)
BLOSSOM = Colour(255, 170, 205)
FUCHSIA = Colour(232, 84, 152)


def disc(x: float, y: float, radius: float) -> float:
    """Return the distance to a disc around the origin."""
    return hypot(x, y) - radius


def box(x: float, y: float, width: float, height: float, corner: float) -> float:
    """Return the distance to a rectangle around the origin with round corners."""
    right, down = abs(x) - width / 2 + corner, abs(y) - height / 2 + corner
    return hypot(max(right, 0), max(down, 0)) + min(max(right, down), 0) - corner


def line(x: float, y: float, end: tuple[float, float], width: float) -> float:
    """Return the distance to a line with round ends, from the origin to `end`."""
    along = (x * end[0] + y * end[1]) / (end[0] ** 2 + end[1] ** 2)
    share = min(max(along, 0), 1)
    return hypot(x - share * end[0], y - share * end[1]) - width / 2


def mark(x: float, y: float) -> float:
    """Return the distance to the mark: two prongs and a collar on a dial with a cord, less the dial's two hands."""
    prongs = box(abs(x - 256) - 72, y - 110, 54, 160, 22)
    collar = box(x - 256, y - 168, 256, 60, 24)
    dial = disc(x - 256, y - 296, 152)
    cord = box(x - 256, y - 480, 54, 160, 0)
    minute = line(x - 256, y - 298, (0, -88), 42)
    hour = line(x - 256, y - 298, (64, 40), 42)
    return max(min(prongs, collar, dial, cord), -min(minute, hour))


def pixel(x: float, y: float) -> bytes:
    """Return the red, green, blue and opacity of a point."""
    depth = y / SIZE
    ground = PLUM.mixed(NIGHT, depth)
    colour = ground.mixed(BLOSSOM.mixed(FUCHSIA, depth), coverage(mark(x, y)))
    opacity = 255 * coverage(box(x - SIZE / 2, y - SIZE / 2, SIZE, SIZE, 112))
    return bytes(round(value) for value in (*colour, opacity))


def coverage(distance: float) -> float:
    """Return how much of a pixel lies inside a shape at this distance."""
    return min(max(0.5 - distance, 0), 1)


def png() -> bytes:
    """Return the picture as a PNG file."""
    rows = (b"\0" + b"".join(pixel(x + 0.5, y + 0.5) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">2I5B", SIZE, SIZE, 8, 6, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(b"".join(rows), 9), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks.items())


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a part of a PNG file: its length, kind, data and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    (Path(__file__).parents[1] / "icon.png").write_bytes(png())
