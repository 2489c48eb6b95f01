#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Read and write a file in ways that a shell cannot, and say which error each call got.

usage: poke.py FILE OP...
       poke.py < LINES, each: FILE, tab, OP, tab, OP...

All OPs of a line are done on one open file. Answers, one for each OP, separated by blanks: the
number of bytes written, the text read, or the name of the error.

  write=TEXT       one write() of TEXT, also when it is empty
  write*N=TEXT     one write() of N times TEXT
  pad*N=TEXT       one write() of TEXT with its last byte N more times behind it
  pwrite@POS=TEXT  one write() at this position
  seek=POS
  read=N           read() of N bytes each until the end

TEXT may have Python's escapes: \\n \\0 \\t \\xff
"""
import errno
import os
import re
import sys


def decode(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def write_op(fd, word, number, text):
    if word == "write*":
        text *= int(number)
    elif word == "pad*":
        text += text[-1:] * int(number)
    elif word == "pwrite@":
        return str(os.pwrite(fd, text, int(number)))
    return str(os.write(fd, text))


def read_all(fd, size):
    parts = []
    while True:
        part = os.read(fd, size)
        if not part:
            return b"".join(parts).decode("latin-1").encode("unicode_escape").decode()
        parts.append(part)


def do_op(fd, op):
    word, number, text = re.fullmatch(r"([a-z]+[*@]?)(\d*)=(.*)", op).groups()
    try:
        if word == "seek":
            return str(os.lseek(fd, int(text), os.SEEK_SET))
        if word == "read":
            return read_all(fd, int(text))
        return write_op(fd, word, number, decode(text))
    except OSError as error:
        return errno.errorcode[error.errno]


def poke(path, ops):
    reads = any(op.startswith("read") for op in ops)
    writes = any(op.startswith(("write", "pad", "pwrite")) for op in ops)
    flags = os.O_RDWR if reads and writes else os.O_WRONLY if writes else os.O_RDONLY
    try:
        fd = os.open(path, flags)
    except OSError as error:
        return "open:" + errno.errorcode[error.errno]
    try:
        return " ".join(do_op(fd, op) for op in ops)
    finally:
        os.close(fd)


def main():
    if len(sys.argv) > 1:
        print(poke(sys.argv[1], sys.argv[2:]))
        return
    for line in sys.stdin:
        path, *ops = line.rstrip("\n").split("\t")
        print(poke(path, ops), flush=True)


if __name__ == "__main__":
    main()
