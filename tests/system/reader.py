#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make READs of 1 MB, as many as asked for, and nothing else.

usage: reader.py FILE MEGABYTES

Writes FILE and opens it with O_DIRECT, so that each read() is one READ. Then for each line "READERS
GAP" of standard input: that many threads read the whole file once, at the same time, each waiting
GAP seconds after each block. Every block is compared with what was written. Answers "ready" after
the start, and for each line the number of READs; ends with an error at the first wrong byte.
"""
import concurrent.futures
import mmap
import os
import sys
import time

BLOCK = 1 << 20


class Wrong(Exception):
    """The file is not what was written."""


def write_file(path, blocks):
    with open(path, "wb") as file:
        for block in blocks:
            file.write(block)
        os.fsync(file.fileno())


def read_file(path_fd, blocks, gap):
    # page-aligned, as O_DIRECT wants it
    buffer = mmap.mmap(-1, BLOCK)
    for number, block in enumerate(blocks):
        got = os.preadv(path_fd, [buffer], number * BLOCK)
        if got != BLOCK or buffer[:] != block:
            raise Wrong("block %d: not what was written (%d bytes)" % (number, got))
        if gap:
            time.sleep(gap)


def main():
    path, megabytes = sys.argv[1], int(sys.argv[2])
    blocks = [os.urandom(BLOCK) for _ in range(megabytes)]
    write_file(path, blocks)
    fd = os.open(path, os.O_RDONLY | os.O_DIRECT)
    print("ready", flush=True)
    for line in sys.stdin:
        readers, gap = line.split()
        with concurrent.futures.ThreadPoolExecutor(int(readers)) as pool:
            for done in [pool.submit(read_file, fd, blocks, float(gap)) for _ in range(int(readers))]:
                done.result()
        print(int(readers) * megabytes, flush=True)


if __name__ == "__main__":
    main()
