#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""For how long does nfsd serve no byte?

usage: standstill.py

Until SIGTERM. Then prints "BYTES LONGEST": how many bytes nfsd has read and written for its clients
meanwhile, and the longest time in milliseconds in which it was none. Locked in memory: when that is short,
not it has to stand still, which would count as nfsd's.
"""
import ctypes
import os
import signal
import time

MCL_CURRENT, MCL_FUTURE = 1, 2  # of <sys/mman.h>


def served():
    with open("/proc/net/rpc/nfsd", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] == "io":
                return int(words[1]), int(words[2])
    raise SystemExit("/proc/net/rpc/nfsd has no line 'io': the interface of this kernel is another one")


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE):
        raise SystemExit("standstill.py cannot be locked in memory: " + os.strerror(ctypes.get_errno()))
    # blocked and waited for: it comes between two looks
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    moved = time.monotonic()
    total, longest, last, ended = 0, 0, served(), None
    while not ended:
        ended = signal.sigtimedwait([signal.SIGTERM], 0.5)
        now, bytes_now = time.monotonic(), served()
        longest = max(longest, now - moved)
        if bytes_now != last:
            total += sum(bytes_now) - sum(last)
            moved, last = now, bytes_now
    print(total, round(longest * 1000))


if __name__ == "__main__":
    main()
