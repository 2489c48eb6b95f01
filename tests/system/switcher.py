#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Switch a user among the modes, as fast as one CPU can, with a pause now and then.

usage: switcher.py FILE CPU COUNT [BURST PAUSE]

Writes COUNT words to the sysctl FILE, pinned to CPU; after each BURST of them (100) sleeps PAUSE
seconds (0.05), so that there are fills in between. Any order of the words is as likely, the same
word twice in a row too. Prints "WRITES CHANGES": a change is a word that is not the one before.
Ends at once with the error if a write fails.
"""
import os
import random
import sys
import time


def main():
    path, cpu, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    burst, pause = (int(sys.argv[4]), float(sys.argv[5])) if len(sys.argv) > 5 else (100, 0.05)
    modes = [b"single", b"list", b"array", b"stock"]
    with open(path, "rb") as file:
        mode = file.read().strip()
    os.sched_setaffinity(0, {cpu})
    random.seed(1)
    fd = os.open(path, os.O_WRONLY)
    changes = 0
    for i in range(count):
        word = random.choice(modes)
        written = os.pwrite(fd, word, 0)
        if written != len(word):
            sys.exit("wrote %d of %r" % (written, word))
        changes += word != mode
        mode = word
        if i % burst == burst - 1:
            time.sleep(pause)
    print(count, changes)


if __name__ == "__main__":
    main()
