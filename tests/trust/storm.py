#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Switch both users in every way there is, on one CPU, as fast as it goes.

usage: storm.py CPU SEED COUNT

Writes COUNT times a random mode to the sysctl of a random user, pinned to CPU. In between it opens
the experiment file, which another may hold, writes modes to it and closes it; forks a child that holds
it, and kills the child; forks a child that has inherited it and closes it last. Now and then it sleeps
a moment, so that there are fills in between. Prints "writes N opened N busy N killed N inherited N".
Ends at once with the error if anything fails that must not.
"""
import errno
import itertools
import os
import random
import signal
import sys
import time

SYSCTL = "/proc/sys/vm/page_bulk/"
EXPERIMENT = "/sys/kernel/debug/page_bulk/experiment"
USERS = ["sunrpc", "page_pool"]
MODES = [b"single", b"list", b"array", b"stock"]
counts = dict.fromkeys(["writes", "opened", "busy", "killed", "inherited"], 0)


def hold():
    """The experiment file with some modes written to it, or None while somebody else has it."""
    try:
        fd = os.open(EXPERIMENT, os.O_WRONLY)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        counts["busy"] += 1
        return None
    for user in random.sample(USERS, random.randint(1, len(USERS))):
        os.write(fd, user.encode() + b"=" + random.choice(MODES))
    counts["opened"] += 1
    return fd


def pause():
    time.sleep(random.random() * 0.003)


def child(work):
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def held_by_the_killed():
    told, tell = os.pipe()

    def work():
        os.write(tell, b"y" if hold() is not None else b"n")
        time.sleep(60)

    pid = child(work)
    os.close(tell)
    held = os.read(told, 1) == b"y"
    os.close(told)
    pause()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    counts["killed" if held else "busy"] += 1


def inherited():
    fd = hold()
    if fd is None:
        return
    wait, go = os.pipe()

    def work():
        os.close(go)
        os.read(wait, 1)  # it ends when the parent has closed the file
        pause()

    pid = child(work)
    os.close(wait)
    os.close(fd)
    os.close(go)
    os.waitpid(pid, 0)
    counts["inherited"] += 1


def opened():
    fd = hold()
    if fd is not None:
        if hold() is not None:
            sys.exit("the experiment file can be opened twice")
        pause()
        os.close(fd)


def main():
    cpu, seed, count = (int(word) for word in sys.argv[1:])
    os.sched_setaffinity(0, {cpu})
    random.seed(seed)
    fds = [os.open(SYSCTL + user, os.O_WRONLY) for user in USERS]
    others = itertools.cycle([held_by_the_killed, inherited, opened])
    for i in range(count):
        word = random.choice(MODES)
        if os.pwrite(random.choice(fds), word, 0) != len(word):
            sys.exit("a write was not taken whole")
        counts["writes"] += 1
        if i % 100 == 99:
            time.sleep(0.002)
        if i % 500 == 499:
            next(others)()
    print(*(f"{name} {number}" for name, number in counts.items()))


if __name__ == "__main__":
    main()
