"""Do all tools give the same numbers? Counts exactly, averages to one part in a million."""

import csv
import json
import math
import operator

MS = {"s": 1000, "ms": 1, "us": 0.001, "ns": 0.000001}
COMPARE = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt, "==": operator.eq}
COUNTS = ["requests", "failures", "over_500"]
PERCENTILES = ["p50", "p95", "p99"]


def read_peer(file):
    """What a peer wrote, as {(group, …, hour): {name: number}}."""
    with open(file, newline="") as lines:
        return dict(peer_row(row) for row in csv.DictReader(lines))


def peer_row(row):
    key = [row.get("service") or row["service_name"]]
    if "region" in row:
        key.append(row["region"])
    if "hour" in row:
        key.append(hour(row["hour"]))
    if "failed_sum" in row:  # Miller names columns in its own way
        ms = "latency_ms" if "latency_ms_mean" in row else "response_time_ms"
        row = {"requests": row["failed_count"], "failures": row["failed_sum"], "over_500": row["over_sum"],
               "avg_ms": row[f"{ms}_mean"], **{p: row[f"{ms}_{p}"] for p in PERCENTILES if f"{ms}_{p}" in row}}
    numbers = {name: int(row[name]) for name in COUNTS}
    numbers.update({name: float(row[name]) for name in ["avg_ms", *PERCENTILES] if name in row})
    return tuple(key), numbers


def hour(text):
    """`2025-06-01T07` of however a tool writes that hour."""
    return text.replace(" ", "T")[:13]


def read_sla(file, is_hourly):
    """The report of sla, in the same shape, and its results by key to check the verdicts."""
    groups, results = {}, []
    with open(file) as text:
        report = json.load(text)
    for result in report["results"]:
        if not result["samples"]:
            continue  # an hour without a request has a result too; the peers leave it out
        key = tuple(result["group"].values()) + ((hour(result["period"]["from"]),) if is_hourly else ())
        results.append((key, result))
        numbers = groups.setdefault(key, {})
        indicator, measured = result["indicator"], result["measured"]
        if indicator.startswith("failure_rate"):
            numbers.update(requests=result["samples"], failures=result["bad"])
        elif indicator.startswith("violation_rate"):
            numbers["over_500"] = result["bad"]
        elif indicator.startswith("avg"):
            numbers["avg_ms"] = measured * MS[result["unit"]]
        else:
            numbers[indicator.split("(")[0]] = measured * MS[result["unit"]]
    return groups, results


def differences(expected, found, percentile_error):
    """Up to three sentences on what differs, and how many differences there are."""
    faults = []
    for key in sorted(expected.keys() | found.keys()):
        name = "/".join(key)
        if key not in expected or key not in found:
            faults.append(f"{name} is {'missing' if key in expected else 'not expected'}")
            continue
        for what, right in expected[key].items():
            error = 0 if what in COUNTS else 1e-6 if what == "avg_ms" else percentile_error
            value = found[key].get(what)
            if value is None or not math.isclose(value, right, rel_tol=error):
                faults.append(f"{name}: {what} is {value}, expected {right}")
    return faults[:3], len(faults)


def wrong_verdicts(expected, results):
    """Results of sla whose verdict is not the one that the other tool's numbers give."""
    faults = []
    for key, result in results:
        numbers = expected.get(key)
        if numbers is None:
            continue  # told by `differences`
        kind = result["indicator"].split("(")[0]
        if kind in ("failure_rate", "violation_rate"):
            value = numbers["failures" if kind == "failure_rate" else "over_500"] / numbers["requests"]
        else:
            value = numbers["avg_ms" if kind == "avg" else kind] / MS[result["unit"]]
        target = result["target"]
        # Exactly on the target a float decides nothing; sla compares whole numbers.
        if math.isclose(value, target, rel_tol=1e-12):
            continue
        right = "met" if COMPARE[result["comparison"]](value, target) else "breached"
        if result["verdict"] != right:
            faults.append(f"{'/'.join(key)}: {result['objective']} is {result['verdict']}, should be {right}")
    return faults[:3], len(faults)
