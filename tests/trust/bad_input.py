#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Use the files of page_bulk in every way that nobody should, and watch what they say.

usage: bad_input.py SEED COUNT [alone]

COUNT accesses to each file, in random order: writes of words, of words with a byte changed, of
binary data, of nothing, of up to 64 kB; at positions, by pwrite and behind a seek; to files opened for
appending, or for both; in vectors; out of a pipe; out of memory that is not there; reads of any
size from anywhere, and into such memory; mmap, ioctl, truncation, polling. Files are kept open
at random, and closed late. What open refuses is not one of COUNT.

Each write has one answer, which Documentation/ABI gives: what is exactly a word of the file, at its start,
has to be taken, all else refused with that error. "alone": nobody else writes meanwhile, so that each
value is what was written last, and each user's generation rises by what the writes, and the ends of
experiments, changed. Then every file is read in every size up to 8192, too. Without it values only have to
be valid ones, and a write to the experiment may come too late.

Prints "ACCESS N" for each kind of access, "PATH N" for each file, "taken:PATH N" and "denied:PATH N" for
writes, "accepted N" and "refused N" for all accesses, "unopened N": refused by open; "swept N": files that
were read in every size, and "changes N": of modes. Ends with a sentence at the first thing that is not as it
should be.
"""
import collections
import ctypes
import errno
import fcntl
import mmap
import os
import select
import sys

from bad_words import (
    AVAILABLE, CONSTANT, DEBUGFS, EXPERIMENT, FILES, PAIRS, RUN, STARTERS, SYSCTL, USERS, VALUES, VERSION,
    WITH_DEBUGFS, answers, no_write, pick, rng, words)

VALUE_PATHS = list(VALUES)
# Whose value a write sets
TARGETS = {path: [path] for path in VALUES} | {EXPERIMENT: [SYSCTL + user for user in USERS]}
# A byte at a time takes longer than all else: so many reads of a size, seldom more, then the rest
PIECES = 8
MORE_PIECES = 100
MAY_BE_EMPTY = ("/sizes", "/latency", "/results")

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.pread.restype = LIBC.pwrite.restype = ctypes.c_ssize_t
MAP_FAILED = ctypes.c_void_p(-1).value
counts = collections.Counter()
# Making one for each access took longer than the access
source, sink = os.pipe2(os.O_NONBLOCK)


class Wrong(Exception):
    """Something is not as it should be."""


def half_a_page():
    """An address: one byte can be read there, and none behind it."""
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    address = LIBC.mmap(None, ctypes.c_size_t(8192), mmap.PROT_READ, private, -1, ctypes.c_long(0))
    LIBC.munmap(ctypes.c_void_p(address + 4096), ctypes.c_size_t(4096))
    return address + 4095


NOWHERE = [0, 4096, 2 ** 46, 0xffff888000000000, 2 ** 64 - 1]
EDGE = half_a_page()


class Values:
    """What each file with a value has to say, and what the end of the experiment will change."""

    def __init__(self):
        self.fds = {path: os.open(path, os.O_RDONLY) for path in VALUES}
        self.now = {path: self.read(path) for path in VALUES}
        self.began = self.generations()
        self.changes = dict.fromkeys((SYSCTL + user for user in USERS), 0)
        self.held = False
        self.before = {}
        self.overridden = set()
        self.turn = 0

    @staticmethod
    def generations():
        found = {}
        for user in USERS if WITH_DEBUGFS else []:
            with open(DEBUGFS + user + "/stats", encoding="ascii") as file:
                found[SYSCTL + user] = int(file.readline().split()[1])
        return found

    def read(self, path):
        return os.pread(self.fds[path], 64, 0).removesuffix(b"\n")

    def check(self, path):
        found = self.read(path)
        if found != self.now[path]:
            raise Wrong(f"{path} says {found!r} instead of {self.now[path]!r}")

    def check_next(self):
        """One in turn. One that a write will set is looked at before, so that nothing is missed."""
        self.turn = (self.turn + 1) % len(VALUE_PATHS)
        self.check(VALUE_PATHS[self.turn])

    def change(self, path, word):
        if path in self.changes:
            self.changes[path] += word != self.now[path]
        self.now[path] = word

    def taken(self, path, word):
        if path == EXPERIMENT:
            path, word = PAIRS[word]
            self.before.setdefault(path, self.now[path])
        elif path in self.before:
            self.overridden.add(path)
        if path in VALUES:
            self.change(path, word)

    def end_experiment(self):
        for path, mode in self.before.items():
            if path not in self.overridden:
                self.change(path, mode)
            self.check(path)
        self.before.clear()
        self.overridden.clear()
        self.held = False

    def check_all(self):
        for path in VALUES:
            self.check(path)
        found = self.generations()
        wanted = {path: self.began[path] + self.changes[path] for path in found}
        if found != wanted:
            raise Wrong(f"generations {found} instead of {wanted}")
        counts["changes"] = sum(self.changes.values())


def judge(path, done, data, position, known):
    if done not in answers(path, data, position, known):
        said = done if done >= 0 else errno.errorcode.get(-done)
        raise Wrong(f"{path}: {data[:80]!r}, {len(data)} bytes at {position}: {said}")
    if done >= 0 and known:
        known.taken(path, data.removesuffix(b"\n"))


def judge_pieces(path, done, pieces, known):
    """Of debugfs each piece of a vector is a write, as long as they are taken."""
    first, second = pieces
    judge(path, min(done, len(first)), first, 0, known)
    position = 0 if path == EXPERIMENT else len(first)
    if done > len(first):
        judge(path, done - len(first), second, position, known)
    elif done >= 0 and answers(path, second, position, known) == (len(second),):
        raise Wrong(f"{path}: the second of {pieces} is not taken")


def writing(path, call, pieces, position, known, error=None):
    """A write by CALL of PIECES: the answer has to be the one that is documented, ERROR where the call
    cannot get as far as the file's own write.
    """
    data = b"".join(pieces)
    targets = TARGETS.get(path, ()) if known else ()
    for target in targets:
        known.check(target)
    try:
        done = call()
    except OSError as failure:
        done = -failure.errno
    if error is not None:
        if done != -error:
            raise Wrong(f"{path}: {data[:80]!r} at {position}: {done} instead of {errno.errorcode[error]}")
    elif len(pieces) == 2 and path.startswith(DEBUGFS):
        judge_pieces(path, done, pieces, known)
    else:
        judge(path, done, data, position, known)
    counts[("taken:" if done >= 0 else "denied:") + path] += 1
    for target in targets:
        known.check(target)
    if known:
        known.check_next()
    if done < 0:
        raise OSError(-done, "write")
    return done


def seek_to(path, fd, position):
    """Where the descriptor stands then."""
    try:
        return os.lseek(fd, position, os.SEEK_SET)
    except OSError as error:
        if path not in (VERSION, RUN) or error.errno != errno.ESPIPE:
            raise Wrong(f"{path}: seek to {position}: {error}") from error
        return 0


def write(path, fd, known):
    # Only these change nothing, whatever the words before them were
    position = pick([0, 0, 0, 0, 1, 4, 4096, 2 ** 40])
    data = words(path, position)
    writing(path, lambda: os.pwrite(fd, data, position), [data], position, known, no_write(path, errno.ESPIPE))


def write_behind_seek(path, fd, known):
    position = seek_to(path, fd, pick([0, 0, 1, 4096]))
    data = words(path, position)
    writing(path, lambda: os.write(fd, data), [data], position, known, no_write(path))


def write_vector(path, fd, known):
    """A sysctl takes a vector as one write; for a file of debugfs each piece is one, and the second has a
    position that is refused.
    """
    # A part of a line that the benchmark refuses may be one that it takes
    data = b"\xffx" if path in STARTERS else words(path)
    if len(data) < 2:
        data = b"\xffx"
    cut = 1 + int(rng.random() * (len(data) - 1))
    seek_to(path, fd, 0)
    pieces = [data[:cut], data[cut:]]
    writing(path, lambda: os.writev(fd, pieces), pieces, 0, known, no_write(path))


def empty_pipe():
    try:
        return os.read(source, 65536)
    except BlockingIOError:
        return b""


def write_from_pipe(path, fd, known):
    data = words(path)[:4096] or b"x"
    os.write(sink, data)
    # debugfs has no way from a pipe into a file
    error = errno.EINVAL if path.startswith(DEBUGFS) else no_write(path)
    try:
        writing(path, lambda: os.splice(source, fd, len(data), offset_dst=0), [data], 0, known, error)
    finally:
        empty_pipe()


def append(path, fd, known):
    data = words(path)
    writing(path, lambda: os.write(fd, data), [data], 0, known, no_write(path))


def from_libc(call, *arguments):
    done = call(*arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), "libc")
    return done


def write_nothing_there(path, fd, known):
    """Out of memory that is not there, or whose end is not."""
    address, size = pick([*NOWHERE, EDGE, EDGE]), pick([2, 3, 5])
    error = no_write(path, errno.ESPIPE) or errno.EFAULT
    arguments = fd, ctypes.c_void_p(address), ctypes.c_size_t(size), ctypes.c_long(0)
    writing(path, lambda: from_libc(LIBC.pwrite, *arguments), [b""], 0, known, error)


def read_nothing_there(path, fd, _known):
    try:
        done = from_libc(LIBC.pread, fd, ctypes.c_void_p(pick(NOWHERE)), ctypes.c_size_t(64), ctypes.c_long(0))
    except OSError as error:
        wanted = {VERSION: errno.ESPIPE, RUN: errno.EINVAL}.get(path, errno.EFAULT)
        if error.errno != wanted:
            raise Wrong(f"{path}: a read into nothing: {error}") from error
        raise
    if done or not path.endswith(MAY_BE_EMPTY):
        raise Wrong(f"{path}: {done} bytes into nothing")


def read_value(path, size, text, known):
    if text.removesuffix(b"\n") not in ([known.now[path]] if known else VALUES[path]):
        raise Wrong(f"{path} reads {text!r} in pieces of {size}")


def read(path, fd, known):
    """In pieces of any size it is the same text, unless somebody writes between them: then each piece is
    of another moment. What counts may have counted on.
    """
    size = pick([1, 2, 3, 5, 16, 100, 4095, 4096, 4097, 100000])
    pieces = MORE_PIECES if rng.random() < 0.01 else PIECES
    fresh = path == VERSION  # which cannot seek
    if fresh:
        fd = os.open(path, os.O_RDONLY)
    else:
        seek_to(path, fd, 0)
    parts = []
    try:
        while len(parts) < 100000:
            if len(parts) == pieces:
                size = 100000
            part = os.read(fd, size)
            if len(part) > size:
                raise Wrong(f"{path}: {len(part)} bytes for {size}")
            parts.append(part)
            if not part:
                break
    finally:
        if fresh:
            os.close(fd)
    text = b"".join(parts)
    if path in VALUES and (known or size > len("single\n")):
        read_value(path, size, text if known else parts[0], known)
    if not text.isascii() or b"\0" in text or text != CONSTANT.get(path, text):
        raise Wrong(f"{path} reads {text[:200]!r}")


def read_at(path, fd, _known):
    position = pick([0, 1, 3, 4095, 2 ** 31, 2 ** 63 - 1])
    size = pick([0, 1, 4096])
    try:
        part = os.pread(fd, size, position)
    except OSError as error:
        # The VFS minds an end that is no position
        if path not in (VERSION, RUN) and position + size < 2 ** 63:
            raise Wrong(f"{path}: {size} bytes at {position}: {error}") from error
        raise
    if position > 1 << 20 and part:
        raise Wrong(f"{path}: {part!r} at {position}")
    if path in CONSTANT and part != CONSTANT[path][position:position + size]:
        raise Wrong(f"{path}: {part!r} at {position}, {size} bytes")


def read_into_pipe(path, fd, known):
    os.splice(fd, sink, 4096, offset_src=0)
    text = empty_pipe()
    if path in VALUES:
        read_value(path, 4096, text, known)
    elif text != CONSTANT[path]:
        raise Wrong(f"{path} gives {text!r} to a pipe")


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


WRITES = [write, write, write, write_behind_seek, write_vector, write_from_pipe, append, write_nothing_there]
READS = [read, read, read_at, read_into_pipe, read_nothing_there, seek, map_it, ioctl, truncate, poll]
MORE_FLAGS = [0, 0, os.O_NONBLOCK, os.O_CLOEXEC]
READING, WRITING, BOTH = ([how | flag for flag in MORE_FLAGS] for how in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR))
APPENDING = [os.O_WRONLY | os.O_APPEND | flag for flag in (0, os.O_TRUNC, os.O_NONBLOCK)]
KINDS = [(what, what.__name__, flags) for what in READS for flags in (READING, READING, BOTH)] + \
    [(what, what.__name__, APPENDING if what is append else flags) for what in WRITES
     for flags in (WRITING, WRITING, BOTH)]
# What the calls that are no writes may be refused with
REFUSED = {"seek": {errno.EINVAL}, "map_it": {errno.ENODEV}, "ioctl": {errno.ENOTTY},
           "truncate": {errno.EINVAL, errno.EFBIG}, "read": {}, "read_at": {errno.EINVAL}, "poll": {}}
REFUSED_BY = {(VERSION, "read_at"): {errno.ESPIPE}, (VERSION, "seek"): {errno.ESPIPE}, (RUN, "seek"): {errno.ESPIPE},
              (RUN, "read"): {errno.EINVAL}, (RUN, "read_at"): {errno.EINVAL}}
REFUSED_BY |= {(path, "read_into_pipe"): {errno.EINVAL} for path in FILES if path.startswith(DEBUGFS)}
REFUSED_BY |= {(path, "read_into_pipe"): {} for path in FILES if path.startswith(SYSCTL)}


def open_it(path, flags, known):
    """None when it is refused, as it has to be."""
    holds = path == EXPERIMENT and flags & os.O_ACCMODE != os.O_RDONLY
    try:
        fd = os.open(path, flags)
    except OSError as error:
        busy = holds and error.errno == errno.EBUSY and not (known and not known.held)
        if not busy and not (path == AVAILABLE and error.errno == errno.EACCES and flags & os.O_ACCMODE):
            raise Wrong(f"{path}: open with {flags:#x}: {error}") from error
        return None
    if holds and known:
        if known.held:
            raise Wrong(f"{path} is held twice")
        known.held = True
    return fd


def close_it(path, fd, writes, known):
    os.close(fd)
    if known and writes and path == EXPERIMENT:
        known.end_experiment()


def access(path, known, opened):
    """False when the file could not even be opened."""
    what, name, flags = pick(KINDS)
    if path == EXPERIMENT and flags is WRITING:
        flags = BOTH  # one holder for all that is not appended
    writes = flags is not READING
    # Of one that is opened for appending nobody else has to know
    fds = [] if what is append else opened.setdefault((path, flags[0]), [])
    if not fds or (len(fds) < 10 and not (writes and path == EXPERIMENT) and rng.random() < 0.05):
        fd = open_it(path, pick(flags), known)
        if fd is None:
            counts["unopened"] += 1
            return False
        fds.append(fd)
    try:
        what(path, pick(fds), known)
        counts["accepted"] += 1
    except OSError as error:
        # A write has been judged already
        refused = REFUSED_BY.get((path, name), REFUSED.get(name))
        if refused is not None and error.errno not in refused:
            raise Wrong(f"{path}: {name}: {error}") from error
        counts["refused"] += 1
    counts[name] += 1
    # The experiment more often: once somebody else has written a user's mode, that one's are refused
    if what is append or rng.random() < (0.15 if writes and path == EXPERIMENT else 0.04):
        close_it(path, fds.pop(int(rng.random() * len(fds))), writes, known)
    return True


def read_fresh(path, size):
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, size)
    finally:
        os.close(fd)


def sweep(sizes, done):
    """Each size gives what of the text goes into it; but a text that counts on is never the same."""
    for path in FILES:
        if path == RUN:
            continue
        fd = os.open(path, os.O_RDONLY)
        text = read_fresh(path, 65536)
        parts = {size: read_fresh(path, size) if path == VERSION else os.pread(fd, size, 0) for size in sizes}
        os.close(fd)
        same = read_fresh(path, 65536) == text
        for size, part in parts.items():
            if len(part) > size or not part.isascii() or (same and part != text[:size]):
                raise Wrong(f"{path}: {part[:80]!r} for {size} bytes of {text[:80]!r}")
        counts["swept"] += same and len(text) > 0
        done[path] += len(parts)


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng.seed(seed)
    opened = {}
    known = Values() if "alone" in sys.argv[3:] else None
    done = dict.fromkeys(FILES, 0)
    left = list(FILES)
    try:
        if known:
            few = [*range(1, 17), *(power + by for power in (32, 64, 256, 1024, 4096, 8192) for by in (-1, 0, 1))]
            sweep(range(1, 8193) if count > 10000 else few, done)
        while left:
            path = pick(left)
            if access(path, known, opened):
                done[path] += 1
                if done[path] >= count:
                    left.remove(path)
        for fd in opened.get((EXPERIMENT, os.O_RDWR), []):
            close_it(EXPERIMENT, fd, True, known)
        if known:
            known.check_all()
    except Wrong as wrong:
        sys.exit(f"after {sum(done.values())}: {wrong}")
    for name, number in sorted((counts | done).items()):
        print(name, number)


if __name__ == "__main__":
    main()
