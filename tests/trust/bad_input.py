#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Use the files of page_bulk in every way that nobody should, and watch what they say.

usage: bad_input.py SEED COUNT [alone]

COUNT accesses to each file, in random order: writes of words, of words with a byte changed, of
binary data, of nothing, of up to 64 kB; at positions; to files opened for appending; in vectors; out of
a pipe; reads of any size from anywhere; mmap, ioctl, truncation, polling. Files are kept open at
random, and closed late. What open refuses is not one of COUNT.

What is not exactly a word that the ABI names has to be refused with a documented error and change
nothing. "alone": nobody else writes meanwhile, so that after each write every value is what it
was after the last one, or what was written. Without it values only have to be valid ones.

Prints "ACCESS N" for each kind of access, "PATH N" for each file, "accepted N", "refused N", and
"unopened N": refused by open. Ends with a sentence at the first thing that is not as it should be.
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
FILES = [*VALUES, EXPERIMENT, *READ_ONLY, *RESETS, *STARTERS]
NEVER = {*READ_ONLY, *STARTERS}
WORDS = list(VALUES.values())
# So many reads of a size, then the rest: a byte at a time took longer than all else
PIECES = 100
# What a refusal may be called: see Documentation/ABI/testing. The rest is what the VFS says of an
# access that a file does not have.
REFUSED = {errno.EINVAL, errno.ENODEV, errno.ENOTTY, errno.ESPIPE, errno.EBUSY, errno.ECANCELED,
           errno.EACCES, errno.EPERM, errno.EOPNOTSUPP, errno.EBADF, errno.EFBIG, errno.EAGAIN}

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
MAP_FAILED = ctypes.c_void_p(-1).value
counts = collections.Counter()
rng = random.Random()
NOISE = random.Random(0).randbytes(1 << 18)
BYTES = [bytes([byte]) for byte in range(256)]


class Wrong(Exception):
    """Something is not as it should be."""


def pick(things):
    """As rng.choice(), in half the time."""
    return things[int(rng.random() * len(things))]


class Values:
    """What each file with a value says, and said after the last write."""

    def __init__(self):
        self.fds = {path: os.open(path, os.O_RDONLY) for path in VALUES}
        self.now = self.read()

    def read(self):
        return {path: os.pread(fd, 64, 0).removesuffix(b"\n") for path, fd in self.fds.items()}

    def written(self, path=None, word=None):
        """Are they what they were, but for the value that was written? None, or what they are instead."""
        if path:
            self.now[path] = word
        found = self.read()
        return None if found == self.now else f"{found} instead of {self.now}"


def words(path):
    """Something like a word: mostly not one."""
    return (b"\xff" if path in STARTERS else b"") + any_words()


def any_words():
    word = pick(pick(WORDS))
    kind = int(rng.random() * 12)
    if kind < 3:
        return word + pick([b"", b"\n"])
    if kind == 3:
        return b""
    if kind == 4:
        at = int(rng.random() * len(NOISE) / 2)
        return NOISE[at:at + pick([1, 2, 3, 7, 64, 65, 4095, 4096, 4097, 65536])]
    if kind == 5:
        return word * pick([2, 100, 5000])
    if kind == 6:
        return word + pick([b" ", b"\t", b"\0", b"\r\n", b"\n\n", b"\n\0", b" " * 5000])
    if kind == 7:
        return pick([b" ", b"\t", b"\0", b"\n", b"+", b"-", b"0"]) + word
    if kind == 8:
        return word[:-1]
    if kind == 9:
        return pick(USERS).encode() + b"=" + word + pick([b"", b"\n", b" ", b",", b"="])
    if kind == 10:
        return b"%d" % pick([-1, 2, 11, 99, 2 ** 32 + 1, 2 ** 64 + 1, -2 ** 63])
    at = int(rng.random() * len(word))
    return word[:at] + pick(BYTES) + word[at + 1:]


def writing(path, call, data, position, known):
    """A write by CALL: taken whole and as documented, or refused without a change."""
    try:
        done = call()
    except OSError as error:
        refuse(error)
        done = None
    if done and path.startswith(DEBUGFS):
        data = data[:done]  # of a vector each piece is a write, and all but the first are refused
    word = data.removesuffix(b"\n") if data.count(b"\n") == 1 else data
    if done and (path in NEVER or (path in RESETS and (position or done != len(data) or word != b"1"))):
        raise Wrong(f"{path}: {data[:80]!r} at {position} is taken: {done}")
    if known is None:
        return
    changed = None, None
    if done is not None and path in VALUES:
        if position or done != len(data) or word not in VALUES[path]:
            raise Wrong(f"{path}: {data[:80]!r} at {position} is taken: {done}")
        changed = path, word
    if path == EXPERIMENT and done is not None:
        if position:
            raise Wrong(f"{path}: {data[:80]!r} at {position} is taken")
        user, _, mode = data[:done].removesuffix(b"\n").partition(b"=")
        changed = SYSCTL + user.decode(), mode
    wrong = known.written(*changed)
    if wrong:
        raise Wrong(f"{path}: {data[:80]!r} at {position}: {done}: {wrong}")


def refuse(error):
    if error.errno not in REFUSED:
        raise Wrong(f"{errno.errorcode.get(error.errno)} is no error that is documented")
    counts["refused"] += 1


def write(path, fd, known):
    data = words(path)
    # Only these change nothing, whatever the words before them were
    position = pick([0, 0, 0, 0, 1, 4, 4096, 2 ** 40])
    writing(path, lambda: os.pwrite(fd, data, position), data, position, known)


def write_vector(path, fd, known):
    """A sysctl takes a vector as one write; for a file of debugfs each piece is one, and the second has a
    position that is refused.
    """
    data = words(path)
    if len(data) < 2:
        data = b"\xffx"
    cut = rng.randrange(1, len(data))
    os.lseek(fd, 0, os.SEEK_SET)
    writing(path, lambda: os.writev(fd, [data[:cut], data[cut:]]), data, 0, known)


def write_from_pipe(path, fd, known):
    data = words(path)[:4096] or b"x"
    source, sink = os.pipe()
    try:
        os.write(sink, data)
        writing(path, lambda: os.splice(source, fd, len(data), offset_dst=0), data, 0, known)
    finally:
        os.close(source)
        os.close(sink)


def append(path, fd, known):
    data = words(path)
    writing(path, lambda: os.write(fd, data), data, 0, known)


def read_value(path, size, text, known):
    if text.removesuffix(b"\n") not in ([known.now[path]] if known else VALUES[path]):
        raise Wrong(f"{path} reads {text!r} in pieces of {size}")


def read(path, fd, known):
    """In pieces of any size it is the same text, unless somebody writes between them: then each piece is
    of another moment. What counts may have counted on.
    """
    size = pick([1, 2, 3, 5, 16, 100, 4095, 4096, 4097, 100000])
    os.lseek(fd, 0, os.SEEK_SET)
    parts = []
    while len(parts) < 100000:
        if len(parts) == PIECES:
            size = 100000
        part = os.read(fd, size)
        if len(part) > size:
            raise Wrong(f"{path}: {len(part)} bytes for {size}")
        parts.append(part)
        if not part:
            break
    text = b"".join(parts)
    if path in VALUES and (known or size > len("single\n")):
        read_value(path, size, text if known else parts[0], known)
    if not text.isascii() or b"\0" in text:
        raise Wrong(f"{path} reads {text[:200]!r}")


def read_at(path, fd, _known):
    position = pick([0, 1, 3, 4095, 2 ** 31, 2 ** 63 - 1])
    part = os.pread(fd, pick([0, 1, 4096]), position)
    if position > 1 << 20 and part:
        raise Wrong(f"{path}: {part!r} at {position}")


def read_into_pipe(_path, fd, _known):
    source, sink = os.pipe()
    try:
        os.splice(fd, sink, 4096, offset_src=0)
    finally:
        os.close(source)
        os.close(sink)


def seek(_path, fd, _known):
    os.lseek(fd, pick([0, 1, -1, 2 ** 40, -2 ** 40]), pick([os.SEEK_SET, os.SEEK_CUR, os.SEEK_END]))


def map_it(path, fd, _known):
    # Python's own mmap() does not even try, because the files say that they are empty
    address = LIBC.mmap(None, ctypes.c_size_t(4096), mmap.PROT_READ, mmap.MAP_SHARED, fd, ctypes.c_long(0))
    if address != MAP_FAILED:
        raise Wrong(f"{path} can be mapped")
    raise OSError(ctypes.get_errno(), "mmap")


def ioctl(_path, fd, _known):
    fcntl.ioctl(fd, pick([0x5401, 0x1261, 0, 0x80000000 | rng.getrandbits(30)]), b"\0" * 64)


def truncate(_path, fd, _known):
    os.ftruncate(fd, pick([0, 1, 2 ** 40]))


def poll(_path, fd, _known):
    poller = select.poll()
    poller.register(fd)
    poller.poll(0)


WRITES = [write, write, write, write_vector, write_from_pipe, append]
READS = [read, read, read_at, read_into_pipe, seek, map_it, ioctl, truncate, poll]
READING = [os.O_RDONLY | flag for flag in (0, 0, os.O_NONBLOCK, os.O_CLOEXEC)]
WRITING = [os.O_WRONLY | flag for flag in (0, 0, os.O_NONBLOCK, os.O_CLOEXEC)]
APPENDING = [os.O_WRONLY | os.O_APPEND | flag for flag in (0, os.O_TRUNC, os.O_NONBLOCK)]
KINDS = [(what, READING) for what in READS] + \
    [(what, APPENDING if what is append else WRITING) for what in WRITES]


def access(path, known, opened):
    """False when the file could not even be opened."""
    what, flags = pick(KINDS)
    name, writes = what.__name__, flags is not READING
    # Of one that is opened for appending nobody else has to know
    fds = [] if what is append else opened.setdefault((path, writes), [])
    refused = counts["refused"]
    fd = None
    try:
        if not fds or (path != EXPERIMENT and len(fds) < 10 and rng.random() < 0.2):
            fds.append(os.open(path, pick(flags)))
        fd = pick(fds)
        what(path, fd, known)
    except OSError as error:
        try:
            refuse(error)
        except Wrong as wrong:
            raise Wrong(f"{path}: {name}: {wrong}") from error
    if fd is None:
        counts["unopened"] += 1
        return False
    counts[name] += 1
    counts["accepted"] += counts["refused"] == refused
    if what is append or rng.random() < 0.1:
        os.close(fds.pop(int(rng.random() * len(fds))))
        if known and writes and path == EXPERIMENT:
            # which has put modes back
            known.now = known.read()
    return True


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng.seed(seed)
    opened = {}
    known = Values() if "alone" in sys.argv[3:] else None
    done = dict.fromkeys(FILES, 0)
    left = list(FILES)
    try:
        while left:
            path = pick(left)
            if access(path, known, opened):
                done[path] += 1
                if done[path] == count:
                    left.remove(path)
    except Wrong as wrong:
        sys.exit(f"after {sum(done.values())}: {wrong}")
    for name, number in sorted((counts | done).items()):
        print(name, number)


if __name__ == "__main__":
    main()
