#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take the examples out of a README.md or an .rst, for 90-examples.sh to run.

usage: examples.py FILE FOLDER

Examples are the blocks ```console and ".. code-block:: console". In them a line that begins with
"# " is a command for root and one with "$ " a command for anybody; a command that ends with \\ goes
on in the next line. The lines below it are what it prints: exactly these, where a line "..." stands
for any lines or none. A block is left out when the line before it, blank ones aside, is

    <!-- test: skip -->      in Markdown
    .. test: skip            in reStructuredText

Makes for each command a file FOLDER/NNN with: the number of its line, root or user, the command
and a shell pattern of the output, each ended by a NUL.
"""
import os
import re
import sys


class Command:
    def __init__(self, number, who, text):
        self.number = number
        self.who = who
        self.text = text
        self.output = []

    def pattern(self):
        parts = ["\n"]
        for line in self.output:
            parts.append("*" if line == "..." else re.sub(r"([^\w\s])", r"\\\1", line) + "\n")
        return "".join(parts)


def blocks_of(lines):
    """Yield (number of its first line, its lines, is it left out) of each console block."""
    last = ""
    i = 0
    while i < len(lines):
        begin = re.match(r"( *)(```console|\.\. code-block:: console)\s*$", lines[i])
        if not begin:
            if lines[i].strip():
                last = lines[i].strip()
            i += 1
            continue
        i += 1
        first = i
        if begin[2].startswith("`"):
            while lines[i].strip() != "```":
                i += 1
            block = lines[first:i]
            i += 1
        else:
            while i < len(lines) and (not lines[i].strip() or
                                      lines[i].startswith(begin[1] + "   ")):
                i += 1
            block = lines[first:i]
        yield first + 1, block, last in ("<!-- test: skip -->", ".. test: skip")
        last = "(a block)"


def commands_of(number, block):
    indent = min((len(line) - len(line.lstrip()) for line in block if line.strip()), default=0)
    commands = []
    goes_on = False
    for offset, line in enumerate(block):
        line = line[indent:].rstrip()
        if goes_on:
            commands[-1].text += "\n" + line
        elif line.startswith(("# ", "$ ")):
            commands.append(Command(number + offset, "root" if line[0] == "#" else "user", line[2:]))
        elif commands:
            commands[-1].output.append(line)
        elif line:
            sys.exit("line %d: an example begins without a command" % (number + offset))
        goes_on = bool(commands) and not commands[-1].output and commands[-1].text.endswith("\\")
    for command in commands:
        while command.output and not command.output[-1]:
            command.output.pop()
    return commands


def main():
    path, folder = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    count = left_out = 0
    for number, block, skip in blocks_of(lines):
        if skip:
            left_out += 1
            continue
        for command in commands_of(number, block):
            count += 1
            with open(os.path.join(folder, "%03d" % count), "w", encoding="utf-8") as file:
                for field in (str(command.number), command.who, command.text, command.pattern()):
                    file.write(field + "\0")
    print("%d commands; %d blocks are left out" % (count, left_out))
    return 0 if count else 1


if __name__ == "__main__":
    sys.exit(main())
