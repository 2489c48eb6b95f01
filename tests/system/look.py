#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Look at a screenshot: is there anything to be seen on it?

usage: look.py FILE.png

Prints WIDTH HEIGHT COLORS SCHEME: how many colors there are, "many" for more than 100; and whether
the one that most of it has is light or dark, else what it is. The picture has eight bits a channel
and is not interlaced, as a browser writes it.
"""
import collections
import sys
import zlib

CHANNELS = {2: 3, 6: 4}  # by the type of the color: RGB and RGBA


def paeth(left, up, corner):
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def unfilter(kind, row, above, depth):
    """Undo in place what PNG does to a row before it is packed."""
    for i, value in enumerate(row):
        left = row[i - depth] if i >= depth else 0
        up = above[i]
        if kind == 1:
            row[i] = (value + left) & 255
        elif kind == 2:
            row[i] = (value + up) & 255
        elif kind == 3:
            row[i] = (value + (left + up) // 2) & 255
        elif kind == 4:
            corner = above[i - depth] if i >= depth else 0
            row[i] = (value + paeth(left, up, corner)) & 255


def rows_of(data):
    width, height = (int.from_bytes(data[i:i + 4], "big") for i in (16, 20))
    depth = CHANNELS[data[25]]
    packed = b""
    at = 8
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        if data[at + 4:at + 8] == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    raw = zlib.decompress(packed)
    above = bytearray(width * depth)
    for y in range(height):
        start = y * (width * depth + 1)
        row = bytearray(raw[start + 1:start + 1 + width * depth])
        if raw[start]:
            unfilter(raw[start], row, above, depth)
        above = row
        yield [bytes(row[i:i + 3]) for i in range(0, len(row), depth)]


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    colors = collections.Counter()
    height = width = 0
    for row in rows_of(data):
        colors.update(row)
        width = len(row)
        height += 1
    most = colors.most_common(1)[0][0]
    scheme = "light" if sum(most) > 600 else "dark" if sum(most) < 160 else most.hex()
    print(width, height, "many" if len(colors) > 100 else len(colors), scheme)


if __name__ == "__main__":
    main()
