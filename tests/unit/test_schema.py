#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The JSON that the tests before kept in $O is what Documentation/bulkctl/*.schema.json says."""

import copy
import json
import os
import pathlib
import unittest

import jsonschema

import tap

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "Documentation/bulkctl"
KEPT = pathlib.Path(os.environ.get("O", "build/bulkctl/tests"))


def validator(name: str) -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


class SchemaTest(unittest.TestCase):
    def check(self, schema: str, document: str) -> None:
        validator(schema).validate(json.loads((KEPT / document).read_text()))

    def test_report_one(self) -> None:
        self.check("report", "report-one.json")

    def test_report_many(self) -> None:
        self.check("report", "report-many.json")

    def test_report_interrupted(self) -> None:
        self.check("report", "report-interrupted.json")

    def test_report_cpu(self) -> None:
        self.check("report", "report-cpu.json")

    def test_report_nfsd(self) -> None:
        self.check("report", "report-nfsd.json")

    def test_status_full(self) -> None:
        self.check("status", "status-full.json")

    def test_status_unprivileged(self) -> None:
        self.check("status", "status-unprivileged.json")

    def test_bench(self) -> None:
        self.check("bench", "bench.json")

    def test_doctor(self) -> None:
        for document in ("doctor.json", "doctor-without.json", "doctor-unprivileged.json"):
            self.check("doctor", document)

    def test_doctor_can_fail(self) -> None:
        good = json.loads((KEPT / "doctor-without.json").read_text())
        check = validator("doctor")
        for breakage in (
            lambda d: d.update(schema="page-bulk-doctor/2"),
            lambda d: d.pop("can_measure"),
            lambda d: d["checks"].clear(),
            lambda d: d["checks"][0].update(status="bad"),
            lambda d: d["checks"][0].update(remedy="none"),     # is ok
            lambda d: d["checks"][1].update(remedy=None),       # is missing
            lambda d: d["checks"][0].update(group="others"),
            lambda d: d["checks"][0].pop("needed"),
        ):
            bad = copy.deepcopy(good)
            breakage(bad)
            self.assertFalse(check.is_valid(bad))

    def test_trace(self) -> None:
        for document in ("trace-file.json", "trace-record.json"):
            self.check("trace", document)

    def test_trace_can_fail(self) -> None:
        good = json.loads((KEPT / "trace-file.json").read_text())
        check = validator("trace")
        for breakage in (
            lambda d: d.update(schema="page-bulk-trace/2"),
            lambda d: d.update(lost=0),
            lambda d: d["lost"][0].pop("at_least"),
            lambda d: d["summary"].pop("polls"),
            lambda d: d["summary"]["modes"][0].pop("sizes"),
            lambda d: d["summary"]["modes"][0].update(fills=0),
            lambda d: d["summary"]["ends"][0].pop("user"),
            lambda d: d["summary"]["callers"][0].update(context="napi"),
            lambda d: d["summary"]["interfaces"][0].update(via="guess"),
        ):
            bad = copy.deepcopy(good)
            breakage(bad)
            self.assertFalse(check.is_valid(bad))

    def test_ab(self) -> None:
        for document in ("ab.json", "ab-empty.json", "ab-short.json", "ab-run.json",
                         "ab-aborted.json"):
            self.check("ab", document)

    def test_compare(self) -> None:
        for document in ("compare.json", "compare-pool.json"):
            self.check("compare", document)
            # What a file says of a mode is as in ab's own document.
            ab = validator("ab").schema
            kept = json.loads((KEPT / document).read_text())
            for file in (file for metric in kept["metrics"] for file in metric["files"]):
                for key, name in (("arms", "arm"), ("comparisons", "comparison")):
                    self.assertNotEqual(file[key], [])
                    part = {"$ref": f"#/definitions/{name}", "definitions": ab["definitions"]}
                    for entry in file[key]:
                        jsonschema.Draft7Validator(part).validate(entry)

    def test_ab_can_fail(self) -> None:
        good = json.loads((KEPT / "ab.json").read_text())
        check = validator("ab")
        for breakage in (
            lambda d: d.update(schema="page-bulk-ab/2"),
            lambda d: d.update(modes=["array"]),
            lambda d: d["slices"][0].pop("switched"),
            lambda d: d["slices"][0].update(values=["many"]),
            lambda d: d["metrics"][0]["comparisons"][0].update(p=1.5),
            lambda d: d["metrics"][0]["comparisons"][0].update(verdict="good"),
            lambda d: d["metrics"][0]["noise"].pop("floor"),
            lambda d: d["confounders"][0].pop("varies"),
        ):
            bad = copy.deepcopy(good)
            breakage(bad)
            self.assertFalse(check.is_valid(bad))

    def test_schema_can_fail(self) -> None:
        """A schema that accepts anything would prove nothing."""
        good = json.loads((KEPT / "report-one.json").read_text())
        check = validator("report")
        for breakage in (
            lambda d: d.pop("users"),
            lambda d: d.update(schema="page-bulk-report/2"),
            lambda d: d["users"]["sunrpc"].pop("generation_end"),
            lambda d: d["users"]["sunrpc"]["modes"]["array"].update(fills="many"),
            lambda d: d["users"]["sunrpc"]["modes"]["array"].update(fills=-1),
            lambda d: d["perf"]["cycles"].clear(),
            lambda d: d["perf_target"].update(cpus=0),
            lambda d: d["counts"].update(packet=-1),
            lambda d: d["vmstat"].update(pgfree=1.5),
            lambda d: d.update(samples=[]),
        ):
            bad = copy.deepcopy(good)
            breakage(bad)
            self.assertFalse(check.is_valid(bad))


if __name__ == "__main__":
    tap.main()
