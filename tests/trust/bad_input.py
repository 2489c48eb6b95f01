#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Use the files of page_bulk in every way that nobody should, and watch what they say.

usage: bad_input.py SEED COUNT [alone]

COUNT accesses at random, to a random file: writes of words, of words with a byte changed, of binary
data, of nothing, of up to 64 kB; at positions; to files opened for appending; in vectors; out of a
pipe; reads of any size from anywhere; mmap, ioctl, truncation, polling. Files are kept open at
random, and closed late.

What is not exactly a word that the ABI names has to be refused with a documented error and change
nothing. "alone": nobody else writes meanwhile, so that after each access every value is what it
was, or what was written. Without it values only have to be valid ones.

Prints "ACCESS N" for each kind of access, "accepted N" and "refused N". Ends with a sentence at the
first thing that is not as it should be.
"""
import collections
import ctypes
import errno
import fcntl
import mmap
import os
import random
import select
import sys

SYSCTL = "/proc/sys/vm/page_bulk/"
DEBUGFS = "/sys/kernel/debug/page_bulk/"
MODES = [b"single", b"list", b"array", b"stock"]
USERS = ["sunrpc", "page_pool"]
VALUES = {SYSCTL + user: MODES for user in USERS}
VALUES[SYSCTL + "timing"] = [b"0", b"1"]
VALUES[SYSCTL + "max_block_order"] = [b"%d" % order for order in range(11)]
VALUES[DEBUGFS + "page_pool/batch"] = [b"%d" % pages for pages in range(1, 129)]
EXPERIMENT = DEBUGFS + "experiment"
READ_ONLY = [SYSCTL + "available_modes", DEBUGFS + "version"] + \
    [DEBUGFS + f"{user}/{name}" for user in USERS for name in ("stats", "zone_locks", "sizes", "latency")]
# With CONFIG_PAGE_BULK_BENCH and _STRESS_TEST. What some words would start takes long: only what is none
READ_ONLY += [path for path in (DEBUGFS + "bench/results", DEBUGFS + "bench/progress") if os.path.exists(path)]
STARTERS = [path for path in (DEBUGFS + "bench/run", DEBUGFS + "stress") if os.path.exists(path)]
RESETS = [DEBUGFS + user + "/reset" for user in USERS]
# What a refusal may be called: see Documentation/ABI/testing. The rest is what the VFS says of an
# access that a file does not have.
REFUSED = {errno.EINVAL, errno.ENODEV, errno.ENOTTY, errno.ESPIPE, errno.EBUSY, errno.ECANCELED,
           errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EBADF, errno.EFBIG, errno.EAGAIN}

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
MAP_FAILED = ctypes.c_void_p(-1).value
counts = collections.Counter()
rng = random.Random()


class Wrong(Exception):
    """Something is not as it should be."""


def value(path):
    with open(path, "rb") as file:
        return file.read().removesuffix(b"\n")


def values():
    return {path: value(path) for path in VALUES}


def words(path):
    """Something like a word: mostly not one."""
    return (b"\xff" if path in STARTERS else b"") + any_words()


def any_words():
    word = rng.choice(rng.choice(list(VALUES.values())))
    kind = rng.randrange(12)
    if kind < 3:
        return word + rng.choice([b"", b"\n"])
    if kind == 3:
        return b""
    if kind == 4:
        return rng.randbytes(rng.choice([1, 2, 3, 7, 64, 65, 4095, 4096, 4097, 65536]))
    if kind == 5:
        return word * rng.choice([2, 100, 5000])
    if kind == 6:
        return word + rng.choice([b" ", b"\t", b"\0", b"\r\n", b"\n\n", b"\n\0", b" " * 5000])
    if kind == 7:
        return rng.choice([b" ", b"\t", b"\0", b"\n", b"+", b"-", b"0"]) + word
    if kind == 8:
        return word[:-1]
    if kind == 9:
        return rng.choice(USERS).encode() + b"=" + word + rng.choice([b"", b"\n", b" ", b",", b"="])
    if kind == 10:
        return b"%d" % rng.choice([-1, 2, 11, 99, 2 ** 32 + 1, 2 ** 64 + 1, -2 ** 63])
    at = rng.randrange(len(word))
    return word[:at] + rng.randbytes(1) + word[at + 1:]


def writing(path, call, data, position, before):
    """A write by CALL: taken whole and as documented, or refused without a change."""
    try:
        done = call()
    except OSError as error:
        refuse(error)
        done = None
    if done and path.startswith(DEBUGFS):
        data = data[:done]  # of a vector each piece is a write, and all but the first are refused
    word = data.removesuffix(b"\n") if data.count(b"\n") == 1 else data
    if done and (path in READ_ONLY + STARTERS or (path in RESETS and (position or done != len(data) or word != b"1"))):
        raise Wrong(f"{path}: {data[:80]!r} at {position} is taken: {done}")
    if before is None:
        return
    want = dict(before)
    if done is not None and path in VALUES:
        if position or done != len(data) or word not in VALUES[path]:
            raise Wrong(f"{path}: {data[:80]!r} at {position} is taken: {done}")
        want[path] = word
    if path == EXPERIMENT and done is not None:
        if position:
            raise Wrong(f"{path}: {data[:80]!r} at {position} is taken")
        user, _, mode = data[:done].removesuffix(b"\n").partition(b"=")
        want[SYSCTL + user.decode()] = mode
    if values() != want:
        raise Wrong(f"{path}: {data[:80]!r} at {position}: {done}: {values()} instead of {want}")


def refuse(error):
    if error.errno not in REFUSED:
        raise Wrong(f"{errno.errorcode.get(error.errno)} is no error that is documented")
    counts["refused"] += 1


def write(path, fd, before):
    data = words(path)
    # Only these change nothing, whatever the words before them were
    position = rng.choice([0, 0, 0, 0, 1, 4, 4096, 2 ** 40])
    writing(path, lambda: os.pwrite(fd, data, position), data, position, before)


def write_vector(path, fd, before):
    """A sysctl takes a vector as one write; for a file of debugfs each piece is one, and the second has a
    position that is refused.
    """
    data = words(path)
    if len(data) < 2:
        data = b"\xffx"
    cut = rng.randrange(1, len(data))
    os.lseek(fd, 0, os.SEEK_SET)
    writing(path, lambda: os.writev(fd, [data[:cut], data[cut:]]), data, 0, before)


def write_from_pipe(path, fd, before):
    data = words(path)[:4096] or b"x"
    source, sink = os.pipe()
    try:
        os.write(sink, data)
        writing(path, lambda: os.splice(source, fd, len(data), offset_dst=0), data, 0, before)
    finally:
        os.close(source)
        os.close(sink)


def append(path, _fd, before):
    data = words(path)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | rng.choice([0, os.O_TRUNC, os.O_NONBLOCK]))
    try:
        writing(path, lambda: os.write(fd, data), data, 0, before)
    finally:
        os.close(fd)


def read_value(path, size, text, before):
    if text.removesuffix(b"\n") not in ([before[path]] if before else VALUES[path]):
        raise Wrong(f"{path} reads {text!r} in pieces of {size}")


def read(path, fd, before):
    """In pieces of any size it is the same text, unless somebody writes between them: then each piece is
    of another moment. What counts may have counted on.
    """
    size = rng.choice([1, 2, 3, 5, 16, 100, 4095, 4096, 4097, 100000])
    os.lseek(fd, 0, os.SEEK_SET)
    parts = []
    while len(parts) < 100000:
        part = os.read(fd, size)
        if len(part) > size:
            raise Wrong(f"{path}: {len(part)} bytes for {size}")
        parts.append(part)
        if not part:
            break
    text = b"".join(parts)
    if path in VALUES and (before or size > len("single\n")):
        read_value(path, size, text if before else parts[0], before)
    if not text.isascii() or b"\0" in text:
        raise Wrong(f"{path} reads {text[:200]!r}")


def read_at(path, fd, _before):
    position = rng.choice([0, 1, 3, 4095, 2 ** 31, 2 ** 63 - 1])
    part = os.pread(fd, rng.choice([0, 1, 4096]), position)
    if position > 1 << 20 and part:
        raise Wrong(f"{path}: {part!r} at {position}")


def read_into_pipe(_path, fd, _before):
    source, sink = os.pipe()
    try:
        os.splice(fd, sink, 4096, offset_src=0)
    finally:
        os.close(source)
        os.close(sink)


def seek(_path, fd, _before):
    os.lseek(fd, rng.choice([0, 1, -1, 2 ** 40, -2 ** 40]), rng.choice([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]))


def map_it(path, fd, _before):
    # Python's own mmap() does not even try, because the files say that they are empty
    address = LIBC.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    if address != MAP_FAILED:
        raise Wrong(f"{path} can be mapped")
    raise OSError(ctypes.get_errno(), "mmap")


def ioctl(_path, fd, _before):
    fcntl.ioctl(fd, rng.choice([0x5401, 0x1261, 0, 0x80000000 | rng.getrandbits(30)]), b"\0" * 64)


def truncate(_path, fd, _before):
    os.ftruncate(fd, rng.choice([0, 1, 2 ** 40]))


def poll(_path, fd, _before):
    poller = select.poll()
    poller.register(fd)
    poller.poll(0)


WRITES = [write, write, write, write_vector, write_from_pipe, append]
READS = [read, read, read_at, read_into_pipe, seek, map_it, ioctl, truncate, poll]


def choose_file():
    kind = rng.randrange(10)
    if kind < 5:
        return rng.choice(list(VALUES))
    if kind < 7:
        return EXPERIMENT
    return rng.choice(READ_ONLY + RESETS + STARTERS)


def access(alone, opened):
    path = choose_file()
    what = rng.choice(WRITES + READS)
    fds = opened.setdefault((path, what in WRITES), [])
    try:
        if not fds or (path != EXPERIMENT and len(fds) < 10 and rng.random() < 0.2):
            flags = os.O_RDONLY if what in READS else os.O_WRONLY
            fds.append(os.open(path, flags | rng.choice([0, 0, os.O_NONBLOCK, os.O_CLOEXEC])))
        fd = rng.choice(fds)
        counts[what.__name__] += 1
        before = values() if alone and what in WRITES + [read] else None
        refused = counts["refused"]
        what(path, fd, before)
        counts["accepted"] += counts["refused"] == refused
    except OSError as error:
        try:
            refuse(error)
        except Wrong as wrong:
            raise Wrong(f"{path}: {what.__name__}: {wrong}") from error
    if fds and rng.random() < 0.1:
        os.close(fds.pop(rng.randrange(len(fds))))


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng.seed(seed)
    opened = {}
    try:
        for _ in range(count):
            access("alone" in sys.argv[3:], opened)
    except Wrong as wrong:
        sys.exit(f"after {sum(counts.values())}: {wrong}")
    for name, number in sorted(counts.items()):
        print(name, number)


if __name__ == "__main__":
    main()
