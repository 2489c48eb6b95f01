# SPDX-License-Identifier: GPL-2.0-only
"""The files of page_bulk, what they take and what they answer, and words that are nearly that: for
bad_input.py.
"""
import errno
import os
import random

SYSCTL = "/proc/sys/vm/page_bulk/"
DEBUGFS = "/sys/kernel/debug/page_bulk/"
MODES = [b"single", b"list", b"array", b"stock"]
USERS = ["sunrpc", "page_pool"]
VALUES = {SYSCTL + user: MODES for user in USERS}
VALUES[SYSCTL + "timing"] = [b"0", b"1"]
VALUES[SYSCTL + "max_block_order"] = [b"%d" % order for order in range(11)]
# A kernel without debugfs has the sysctls only
WITH_DEBUGFS = os.path.isdir(DEBUGFS)
if WITH_DEBUGFS:
    VALUES[DEBUGFS + "page_pool/batch"] = [b"%d" % pages for pages in range(1, 129)]
EXPERIMENT = DEBUGFS + "experiment"
# What is written there: whose mode it sets, and to what
PAIRS = {user.encode() + b"=" + mode: (SYSCTL + user, mode) for user in USERS for mode in MODES}
AVAILABLE, VERSION = SYSCTL + "available_modes", DEBUGFS + "version"
RESETS = [DEBUGFS + user + "/reset" for user in USERS]
CONSTANT = {AVAILABLE: b" ".join(MODES) + b"\n", VERSION: b"1\n"} | dict.fromkeys(RESETS, b"0\n")
READ_ONLY = [AVAILABLE, VERSION] + \
    [DEBUGFS + f"{user}/{name}" for user in USERS for name in ("stats", "zone_locks", "sizes", "latency")]
# With CONFIG_PAGE_BULK_BENCH and _STRESS_TEST. What some words would start takes long: only what is none
READ_ONLY += [path for path in (DEBUGFS + "bench/results", DEBUGFS + "bench/progress") if os.path.exists(path)]
RUN, STRESS = DEBUGFS + "bench/run", DEBUGFS + "stress"
STARTERS = [path for path in (RUN, STRESS) if os.path.exists(path)]
FILES = [path for path in (*VALUES, EXPERIMENT, *READ_ONLY, *RESETS, *STARTERS)
         if WITH_DEBUGFS or not path.startswith(DEBUGFS)]
VALID = {path: frozenset(words) for path, words in VALUES.items()} | dict.fromkeys(RESETS, frozenset([b"1"]))
WORDS = [*VALUES.values(), list(PAIRS)]
OWN_WORDS = VALUES | dict.fromkeys(RESETS, [b"1"]) | {EXPERIMENT: list(PAIRS)}
# Lines that the benchmark cannot take, each for a reason of its own. There is no "cpus=99": only the long
# run minds, and without that word it would be a run
LINES = [b"batch=3", b"batch=0", b"batch=32768", b"batch=", b"batch=1,", b"batch=-1", b"batch=1,18446744073709551616",
         b"samples=0", b"samples=1001", b"samples=-1", b"samples=1x", b"samples=18446744073709551616", b"samples=",
         b"samples=0x1g", b"modes=x", b"modes=", b"modes=array,", b"modes=array,arra", b"memory=warm", b"gfp=kernel,",
         b"gfp=", b"stream=1023", b"stream=1048577", b"seed=4294967296", b"seed=18446744073709551617", b"fills=0",
         b"fills=100000001", b"pages=0", b"pages=16777217", b"noise=1048577", b"noise=-1", b"cpus=0", b"cpus=257",
         b"cpus=18446744073709551617", b"longrun=1", b"fill=", b"force=1", b"nonsense", b"=", b"=1", b"array",
         b"modes", b"samples=1 batch=1 modes=x", b"fill;samples=0", b"fill,", b"fill\0", b"\0fill", b"samples=1\0",
         b"fill " * 1000]
# These it can take, but not on a system that runs
DANGEROUS = [b"longrun", b"memory=fragmented", b"samples=1 memory=hot,fragmented batch=1"]
rng = random.Random()
NOISE = random.Random(0).randbytes(1 << 18)
BYTES = [bytes([byte]) for byte in range(256)]


def pick(things):
    """As rng.choice(), in half the time."""
    return things[int(rng.random() * len(things))]


def words(path, position=0):
    """Something like a word: mostly not one. What a starter is given at its start never is one."""
    if path == RUN and position == 0:
        return pick(LINES) if rng.random() < 0.9 else pick(DANGEROUS)
    if path in STARTERS and position == 0:
        return b"\xff" + any_words(path)
    if path == RUN:
        return b"modes=array memory=hot batch=1 samples=1"
    return any_words(path)


def any_words(path):
    own = OWN_WORDS.get(path)
    word = pick(own if own and rng.random() < 0.7 else pick(WORDS))
    kind = int(rng.random() * 12)
    if kind < 3:
        return word + pick([b"", b"\n"])
    if kind == 3:
        return b""
    if kind == 4:
        size = pick([1, 2, 3, 7, 64, 65, 1000, 4095, 4096, 4097, 65536])
        at = int(rng.random() * (len(NOISE) - size))
        return NOISE[at:at + size]
    if kind == 5:
        return word * pick([2, 3, 20, 100, 5000])
    if kind == 6:
        return word + pick([b" ", b"\t", b"\0", b"\r\n", b"\n\n", b"\n\0", b" " * 5000])
    if kind == 7:
        return pick([b" ", b"\t", b"\0", b"\n", b"+", b"-", b"0"]) + word
    if kind == 8:
        return word[:-1]
    if kind == 9:
        return pick([b"sunrpc", b"page_pool", b"page", b""]) + b"=" + word + pick([b"", b"\n", b" ", b",", b"="])
    if kind == 10:
        return b"%d" % pick([-1, 2, 11, 99, 2 ** 32 + 1, 2 ** 64 + 1, -2 ** 63])
    at = int(rng.random() * len(word))
    return word[:at] + pick(BYTES) + word[at + 1:]


def answers(path, data, position, known):
    """What a write of DATA may return: its bytes, or an error, negative."""
    if position == 0:
        word = data[:-1] if data[-1:] == b"\n" else data
        if path in VALID:
            if word in VALID[path]:
                return (len(data),)
        elif path == EXPERIMENT and word in PAIRS:
            if known is None:
                return len(data), -errno.ECANCELED
            return (-errno.ECANCELED if PAIRS[word][0] in known.overridden else len(data),)
        elif path == RUN and data in DANGEROUS:
            return (-errno.EPERM,)
    return (-errno.EINVAL,)


def no_write(path, error=errno.EINVAL):
    """What the VFS says when a file has no write: None for one that has."""
    if path not in READ_ONLY:
        return None
    return errno.EACCES if path == VERSION and error == errno.EINVAL else error
