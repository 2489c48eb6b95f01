#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What this process may do with each file of page_bulk.

usage: permissions.py < FILES

For each path on standard input: "PATH rw", "r", "w" or "-". A file may be read when it can be opened
and one byte of it, or its end, can be read; it may be written when a write gets as far as the
file's own judgement of the words. The words written change nothing: what the file says already, or
what it never takes.
"""
import errno
import os
import sys

REFUSED = {errno.EPERM, errno.EACCES, errno.ENOENT}


def attempt(path, flags, use):
    """Is it allowed? An error that is no refusal comes from the file itself."""
    try:
        fd = os.open(path, flags)
    except OSError as error:
        if error.errno in REFUSED or (flags == os.O_RDONLY and error.errno == errno.EINVAL):
            return False
        raise
    try:
        use(fd)
    except OSError as error:
        # EINVAL of a read: the file has none
        return error.errno not in REFUSED and not (flags == os.O_RDONLY and error.errno == errno.EINVAL)
    finally:
        os.close(fd)
    return True


def words_for(path):
    name = os.path.basename(path)
    if name == "reset":
        return b"1"
    if name == "experiment":
        return b"nobody=none"
    if name in ("run", "stress"):
        return b"nonsense"
    with open(path, "rb") as file:
        return file.read(64)


def may_write(path):
    try:
        if not os.stat(path).st_mode & 0o222:
            return False
        words = words_for(path)
    except OSError:
        words = b"?"
    return attempt(path, os.O_WRONLY, lambda fd: os.write(fd, words))


def main():
    for line in sys.stdin:
        path = line.strip()
        word = "r" * attempt(path, os.O_RDONLY, lambda fd: os.read(fd, 1)) + "w" * may_write(path)
        print(path, word or "-")


if __name__ == "__main__":
    main()
