#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What this process may do with each file of page_bulk.

usage: permissions.py < FILES

For each path on standard input: "PATH rw", "r", "w" or "-". A file may be read when it can be opened
and one byte of it, or its end, can be read; it may be written when a write gets as far as the
file's own judgement of the words. A file whose mode lets nobody write is tried, too, because root can
open it: with several words, none of which may be taken. After each file it has to say what it said before.
What is written to the others changes nothing: what the file says already, or what it never takes. Resets
come last.

Then "reads N writes N refused N unseen N": refused are opens and writes, unseen files that are not there.
"""
import collections
import errno
import os
import sys

REFUSED = {errno.EPERM, errno.EACCES, errno.ENOENT}
WORDS = {"reset": b"1", "run": b"nonsense", "stress": b"nonsense", "trigger": b"nonsense", "filter": b"0"}
counts = collections.Counter()


def attempt(path, flags, use, refusals):
    """Is it allowed? An error that is no refusal comes from the file itself."""
    try:
        fd = os.open(path, flags)
    except OSError as error:
        if error.errno not in refusals:
            raise
        counts["refused"] += 1
        return False
    try:
        use(fd)
    except OSError as error:
        if error.errno not in refusals:
            return True
        counts["refused"] += 1
        return False
    finally:
        os.close(fd)
    return True


def may_read(path):
    # EINVAL: the file has no read
    return attempt(path, os.O_RDONLY, lambda fd: os.read(fd, 1), REFUSED | {errno.EINVAL})


def text(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def may_write(path, said):
    def write(words, refusals):
        return attempt(path, os.O_WRONLY, lambda fd: os.write(fd, words), refusals)

    try:
        mode = os.stat(path).st_mode
    except OSError:
        counts["unseen"] += 1
        return write(b"?", REFUSED)
    if not mode & 0o222:
        # EINVAL: the file has no write
        refusals = REFUSED | {errno.EINVAL}
        tries = [write(words, refusals) for words in (said or b"?", b"0", b"1", b"array", b"\n")]
        return any(tries)
    if path.endswith("/experiment"):
        words = b"sunrpc=" + text("/proc/sys/vm/page_bulk/sunrpc")
    else:
        words = WORDS.get(os.path.basename(path), said or b"?")
    return write(words, REFUSED)


def may(path):
    said = text(path)
    word = "r" * may_read(path) + "w" * may_write(path, said)
    if text(path) != said:
        sys.exit(f"{path} says {text(path)} instead of {said}")
    counts["reads"] += "r" in word
    counts["writes"] += "w" in word
    return word or "-"


def main():
    paths = sys.stdin.read().split()
    found = {path: may(path) for path in sorted(paths, key=lambda path: path.endswith("/reset"))}
    for path in paths:
        print(path, found[path])
    print(*(f"{name} {counts[name]}" for name in ("reads", "writes", "refused", "unseen")))


if __name__ == "__main__":
    main()
