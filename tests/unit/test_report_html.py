#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The pages that test_report_html kept in $O: well-formed, and nothing in them is from elsewhere."""

import html.parser
import os
import pathlib
import re
import unittest
from typing import Dict, List

import tap

KEPT = pathlib.Path(os.environ.get("O", "build/bulkctl/tests"))
# Elements without an end
VOID = ("meta", "br", "hr", "link", "img", "input")
NAMESPACES = ("http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink")


class Page(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: List[str] = []
        self.counts: Dict[str, int] = {}
        self.attributes: List[tuple] = []
        self.wrong: List[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: List[tuple]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: List[tuple]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


class PageTest(unittest.TestCase):
    def check(self, name: str) -> Page:
        text = (KEPT / name).read_text(encoding="utf-8")
        page = Page(text)
        self.assertEqual((page.wrong, page.open), ([], []), "each element has its end")
        for tag in ("script", "link", "img", "iframe", "object", "embed", "base"):
            self.assertNotIn(tag, page.counts)
        for key, value in page.attributes:
            self.assertFalse(key.startswith("on"), key)
            if key in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.assertTrue(value.startswith("#"), value)
            elif not key.startswith("xmlns"):
                self.assertNotIn("//", value or "")
        urls = re.findall(r"\w+://[^\"'<> ]*", text)
        self.assertLessEqual(set(urls), set(NAMESPACES))
        for word in ("@import", "url("):
            self.assertNotIn(word, text)
        ids = [value for key, value in page.attributes if key == "id"]
        self.assertEqual(len(ids), len(set(ids)))
        for key, value in page.attributes:
            if key == "xlink:href":
                self.assertIn(value[1:], ids)
        return page

    def test_page(self) -> None:
        page = self.check("report.html")
        self.assertEqual(page.counts["svg"], 5)
        # of two users: the modes and each interval; the events, and the machine
        self.assertEqual(page.counts["table"], 6)

    def test_dropped(self) -> None:
        self.check("report-dropped.html")

    def test_dark(self) -> None:
        """Whatever gnuplot draws black gets the color of the text, in light and in dark."""
        text = (KEPT / "report.html").read_text(encoding="utf-8")
        self.assertIn("@media (prefers-color-scheme:dark)", text)
        known = {"black", "white", "gray", "none", "currentColor"}
        used = set(re.findall(r"(?<![-\w])(?:fill|stroke|color)=[\"']([^\"']*)[\"']", text))
        self.assertEqual({color for color in used - known if not color.startswith("rgb(")}, set())
        for name in ("color", "stroke", "fill"):
            self.assertIn(f"svg [{name}=black]", text)


if __name__ == "__main__":
    tap.main()
