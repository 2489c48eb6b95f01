#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take memory until killed, again and again: what is killed is a child, the first to go when memory is out.

usage: hog.py SECONDS
"""
import mmap
import os
import sys
import time


def take():
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    held = []
    while True:
        # private: what the OOM reaper can take back at once. Populated by the kernel in one call: a hog that
        # is slow lets the machine read its programs again and again for minutes before memory is out.
        part = mmap.mmap(-1, 1 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        held.append(part)


def main():
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        pid = os.fork()
        if not pid:
            try:
                take()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
