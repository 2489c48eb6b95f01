# SPDX-License-Identifier: GPL-2.0-only
"""The kernels of make test-matrix, and what has passed on them before, so that it need not run again."""
import datetime
import hashlib
import json
import os
import re

# What each of them is there for, which is looked up in what it was built with
ROWS = {
    "nonuma": ["PREEMPT_NONE=y", "NUMA=n"],
    "numa": ["NUMA_EMU=y", "MEMCG=y"],  # two fake nodes
    "debug": ["KASAN=y", "PREEMPT=y"],
    "kcsan": ["KCSAN=y"],
    "lockdep": ["PROVE_LOCKING=y", "PROVE_RCU=y", "DEBUG_ATOMIC_SLEEP=y", "KASAN=n"],
    "rt": ["PREEMPT_RT=y"],
    "preempt": ["PREEMPT=y", "PROVE_LOCKING=n", "KASAN=n"],
    "up": ["SMP=n"],
    "nodebugfs": ["DEBUG_FS=n"],
    "notracing": ["TRACING=n", "TRACEPOINTS=n"],
    "off": ["PAGE_BULK=n"],
}


def options_of(kernel):
    """What the kernel in this folder was built with: a set of words such as "SMP"."""
    with open(os.path.join(kernel, ".config"), encoding="utf-8") as file:
        return set(re.findall(r"^CONFIG_(\w+)=y$", file.read(), re.MULTILINE))


# Tests that no group of the matrix runs anything of
OTHER_TESTS = ("unit", "fuzz", "mutations", "suites")
# What says which commands there are: each group's own counts
LISTS = (os.path.join("tests", "run"), os.path.join("tests", "matrix", "matrix.py"))


class Passed:
    """A file for each group that has passed: when, with which kernel and with which tests."""

    def __init__(self, folder, inputs):
        self.folder = folder
        self.scripts = {}
        others = []
        for top in inputs:
            for path in self.files_below(top):
                name = os.path.basename(path)
                if re.fullmatch(r"\d\d-.*\.sh", name):
                    self.scripts.setdefault(name, []).append(path)
                else:
                    others.append(path)
        self.others = self.hash_files(others)

    @staticmethod
    def files_below(top):
        for folder, folders, names in os.walk(top):
            none = OTHER_TESTS if folder == top else ()
            folders[:] = [name for name in folders if name != "__pycache__" and name not in none]
            for name in names:
                path = os.path.join(folder, name)
                # READMEs say how long it took
                if not name.endswith(".md") and os.path.relpath(path, os.path.dirname(top)) not in LISTS:
                    yield path

    @staticmethod
    def hash_files(paths):
        total = hashlib.sha256()
        for path in sorted(paths):
            with open(path, "rb") as file:
                total.update(("%s %s\n" % (path, hashlib.sha256(file.read()).hexdigest())).encode())
        return total.hexdigest()

    def path_of(self, group):
        return os.path.join(self.folder, group.name.replace("/", "-") + ".json")

    def scripts_of(self, command):
        """Numbered scripts that the command names, and those that these name. Others change nothing for it."""
        texts, found = [" ".join(command)], []
        for text in texts:
            for name, paths in self.scripts.items():
                for path in paths if name in text else ():
                    if path not in found:
                        found.append(path)
                        with open(path, encoding="utf-8") as file:
                            texts.append(file.read())
        return found

    def inputs_of(self, group):
        scripts = self.hash_files(self.scripts_of(group.command))
        return [self.hash_files([group.image]), self.others, scripts, group.command]

    def find(self, group):
        """When that was, or None."""
        try:
            with open(self.path_of(group), encoding="utf-8") as file:
                known = json.load(file)
            return known["when"] if known["inputs"] == group.inputs else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def note(self, group):
        os.makedirs(self.folder, exist_ok=True)
        path = self.path_of(group)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"inputs": group.inputs,
                       "when": datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S")}, file)
        os.replace(path + ".new", path)
