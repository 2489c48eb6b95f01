#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take memory until killed, again and again: what is killed is a child, the first to go when memory is out.

usage: hog.py SECONDS [MEGABYTES]

Takes at most MEGABYTES, if told, and then gives them back: pressure without an end by the OOM killer.
Prints "ROUNDS KILLED".
"""
import mmap
import os
import signal
import sys
import time


def take(megabytes):
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")
    held = []
    while not megabytes or len(held) < megabytes:
        part = mmap.mmap(-1, 1 << 20)
        part.write(b"\xa5" * (1 << 20))
        held.append(part)
    time.sleep(0.5)


def main():
    end = time.monotonic() + float(sys.argv[1])
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    rounds = killed = 0
    while time.monotonic() < end:
        pid = os.fork()
        if not pid:
            try:
                take(megabytes)
            finally:
                os._exit(0)
        _, status = os.waitpid(pid, 0)
        rounds += 1
        killed += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print(rounds, killed)


if __name__ == "__main__":
    main()
