#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""End experiments at random moments: against an administrator's writes, and by SIGKILL.

usage: experiment_ends.py races ROUNDS
       experiment_ends.py kills ROUNDS SEED

Prints a line for each thing that was looked at: what it is, what was got, what is right, separated
by tabs. Leaves both users in mode array.
"""
import contextlib
import ctypes
import mmap
import os
import random
import signal
import struct
import sys
import time

sys.dont_write_bytecode = True
from experiment import (MODES, SYSCTL, USERS, Switches, admin, attempt, expect, fork,  # noqa: E402
                        hold, mode, put, shown, start)

PR_SET_CHILD_SUBREAPER = 36


# --- against the administrator ------------------------------------------------------------------

class Racer:
    """A process that writes a sysctl in each round, once the other side has made some writes."""

    # Shared: the number of the round, the word to write, after how many writes of the other side,
    # how many it has made, the round that is done
    ROUND, WORD, TARGET, WRITES, DONE = range(5)

    def __init__(self):
        self.shared = mmap.mmap(-1, mmap.PAGESIZE)
        self.pid = fork(self.work)

    def get(self, index):
        return struct.unpack_from("i", self.shared, 4 * index)[0]

    def set(self, index, value):
        struct.pack_into("i", self.shared, 4 * index, value)

    def work(self):
        fd = os.open(SYSCTL + "sunrpc", os.O_WRONLY)
        number = 0
        while True:
            number += 1
            while self.get(self.ROUND) < number:
                time.sleep(0.0001)
            while self.get(self.WRITES) < self.get(self.TARGET):
                pass
            os.pwrite(fd, MODES[self.get(self.WORD)].encode(), 0)
            self.set(self.DONE, number)

    def start(self, number, word, target):
        self.set(self.WRITES, 0)
        self.set(self.WORD, word)
        self.set(self.TARGET, target)
        self.set(self.ROUND, number)

    def wait(self, number):
        while self.get(self.DONE) < number:
            time.sleep(0.0001)

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def races(rounds):
    """Whenever the administrator writes, within an experiment, at its end or behind it: it stays."""
    start()
    switches = Switches()
    racer = Racer()
    rng = random.Random(1)
    lost = untold = 0
    for number in range(1, rounds + 1):
        word = rng.randrange(len(MODES))
        writes = rng.randrange(1, 16)
        fd = hold()
        # When the target is the last write, the close runs against the administrator
        racer.start(number, word, rng.randrange(1, writes + 1))
        for done in range(writes):
            put(fd, "sunrpc=" + rng.choice(MODES))
            racer.set(racer.WRITES, done + 1)
        if number % 4 == 0:
            racer.wait(number)
            untold += put(fd, "sunrpc=" + rng.choice(MODES)) != "ECANCELED"
        os.close(fd)
        racer.wait(number)
        lost += mode("sunrpc") != MODES[word]
    racer.end()
    expect("%d races: the administrator's mode is there in the end, all but" % rounds, lost, 0)
    expect("races: a write behind the administrator's is refused, all but", untold, 0)
    switches.account("races")
    start()


# --- sudden ends --------------------------------------------------------------------------------

class Victim:
    """A process, and perhaps children of it, that write modes until they are killed."""

    COUNTERS = 4  # processes at most

    def __init__(self, rng):
        self.shared = mmap.mmap(-1, mmap.PAGESIZE)
        self.children = rng.choice([0, 0, 1, 2, 3])
        self.seed = rng.random()
        self.pid = fork(self.work)
        os.setpgid(self.pid, self.pid)

    def work(self):
        os.setpgid(0, 0)
        fd = hold()
        for index in range(1, self.children + 1):
            if not os.fork():
                self.write_for_ever(fd, index)
        self.write_for_ever(fd, 0)

    def write_for_ever(self, fd, index):
        rng = random.Random("%s %d" % (self.seed, index))
        pairs = [("%s=%s" % (user, word)).encode() for user in USERS for word in MODES]
        number = 0
        while True:
            os.write(fd, rng.choice(pairs))
            number += 1
            struct.pack_into("i", self.shared, 4 * index, number)

    def writes(self):
        return struct.unpack_from("%di" % self.COUNTERS, self.shared)

    def wait(self, writes):
        """Until all of them together have written that often."""
        end = time.monotonic() + 20
        while sum(self.writes()) < writes and time.monotonic() < end:
            time.sleep(0.0002)

    def kill_first(self):
        """What the one that opened the file ended with."""
        os.kill(self.pid, signal.SIGKILL)
        return os.waitpid(self.pid, 0)[1]

    def kill_rest(self):
        """What its children ended with, which have become ours."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        ends = []
        with contextlib.suppress(ChildProcessError):
            while True:
                ends.append(os.waitpid(-1, 0)[1])
        return ends


def kill_once(rng, count):
    before = {user: rng.choice(MODES) for user in USERS}
    for user, word in before.items():
        admin(user, word)
    victim = Victim(rng)
    victim.wait(rng.choice([0, 1, 5, rng.randrange(30)]))
    time.sleep(rng.random() * 0.002)
    ends = [victim.kill_first()]
    writes = victim.writes()
    count["writing"] += any(writes)
    if any(writes[1:]):
        count["with children"] += 1
        # One that has written holds it, and lives: nobody else is in the group
        count["held by a child"] += attempt(hold) == "EBUSY"
        time.sleep(rng.random() * 0.005)
    ends += victim.kill_rest()
    victim.shared.close()
    count["killed"] += len(ends)
    count["ended otherwise"] += any(end != signal.SIGKILL for end in ends)
    count["back"] += all(mode(user) == word for user, word in before.items())
    count["held on"] += shown() != "holder none\n"


def kills(rounds, seed):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        sys.exit("PR_SET_CHILD_SUBREAPER: errno %d" % ctypes.get_errno())
    start()
    rng = random.Random(seed)
    count = dict.fromkeys(["writing", "with children", "held by a child", "killed",
                           "ended otherwise", "back", "held on"], 0)
    switches = Switches()
    for _ in range(rounds):
        kill_once(rng, count)
    expect("kills that left the modes of before", count["back"], rounds)
    expect("kills that left it held", count["held on"], 0)
    expect("processes that ended by something else", count["ended otherwise"], 0)
    expect("most of them were writing: %d" % count["writing"], count["writing"] > rounds // 2, True)
    expect("some had children that wrote: %d" % count["with children"],
           count["with children"] > rounds // 10, True)
    expect("each time these held it on", count["held by a child"], count["with children"])
    changes = switches.account("kills")
    expect("%d processes killed, %d changes" % (count["killed"], changes),
           changes > rounds, True)
    start()


def main():
    if sys.argv[1] == "races":
        races(int(sys.argv[2]))
    else:
        kills(int(sys.argv[2]), int(sys.argv[3]))


if __name__ == "__main__":
    main()
