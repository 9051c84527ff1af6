"""The table."""

import datetime
import os
import platform
from pathlib import Path

DUCKDB = ("duckdb-cli", "duckdb-python")
TITLES = {"sla": "sla", "duckdb-cli": "DuckDB CLI", "duckdb-python": "DuckDB Python", "polars": "polars",
          "pandas": "pandas", "miller": "Miller"}


def speed(outcome):
    """How many times as fast as the faster DuckDB sla is, or None."""
    duckdb = [outcome.seconds[name] for name in DUCKDB if name in outcome.seconds]
    return min(duckdb) / outcome.seconds["sla"] if duckdb and "sla" in outcome.seconds else None


def missed(outcome, quick):
    """The targets that were not reached, in words. A quick run judges none: it is too short for speeds to mean much."""
    case, faults = outcome.case, []
    if any(fault.startswith("sla") for fault in outcome.faults):
        return ["speed", "time", "memory"]  # no answer or a wrong one: how fast it came does not count
    if quick:
        return faults
    if case.speed and speed(outcome) is not None and speed(outcome) < case.speed:
        faults.append("speed")
    if case.limit_ms and "sla" in outcome.seconds and outcome.seconds["sla"] * 1000 > case.limit_ms:
        faults.append("time")
    if "sla" in outcome.peak and outcome.peak["sla"] > case.memory_mb:
        faults.append("memory")
    return faults


def markdown(outcomes, versions, rounds, quick):
    names = list(versions)
    parts = [
        "# Results",
        "Written by `bench/run`; [README.md](README.md) says what each case is and how it is measured.",
        "\n".join(f"- {line}" for line in circumstances(versions, rounds, quick)),
        "## Time",
        "Below each time: the share of the read limit, which is the time of `cat FILE >/dev/null`.",
        table(["case", "file", "cat", *(TITLES[name] for name in names), "sla against DuckDB", "target", "reached"],
              [times(outcome, names, rounds, quick) for outcome in outcomes]),
        *noise(outcomes),
        "## Peak memory in MB",
        table(["case", *(TITLES[name] for name in names), "target", "reached"],
              [memory(outcome, names, quick) for outcome in outcomes]),
        "## Agreement",
        "\n".join(agreement(outcome) for outcome in outcomes),
    ]
    return "\n\n".join(parts) + "\n"


def circumstances(versions, rounds, quick):
    yield datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    yield f"{processor()}, {len(os.sched_getaffinity(0))} cores used, {platform.system()} {platform.release()}"
    yield f"load when the report was written: {os.getloadavg()[0]:.1f}"
    yield ", ".join(versions.values())
    yield f"median of {rounds} after a warm-up, tools in turn"
    if quick:
        yield "**a quick run on a hundredth of the rows: shows that it works, and judges nothing**"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def times(outcome, names, rounds, quick):
    case, seconds = outcome.case, outcome.seconds
    cells = [case.name, size(outcome.size), clock(case, seconds["cat"])]
    for name in names:
        if name not in seconds:
            cells.append("–")
            continue
        mark = "" if outcome.runs[name] == rounds else " (one run)"
        cells.append(f"{clock(case, seconds[name])}{mark}<br>{seconds['cat'] / seconds[name]:.0%}")
    ratio = speed(outcome)
    cells.append("–" if ratio is None else f"{ratio:.1f} x")
    target = f"{case.speed} x" if case.speed else f"{case.limit_ms} ms" if case.limit_ms else "–"
    faults = missed(outcome, quick)
    judged = target != "–" and "sla" in seconds and not quick and (case.limit_ms or ratio is not None)
    cells += [target, "**missed**" if target != "–" and {"speed", "time"} & set(faults) else "yes" if judged else "–"]
    return cells


def noise(outcomes):
    """Says so where something else kept the machine busy: there a ratio means little."""
    noisy = [f"{outcome.case.name} ({TITLES[name]} {outcome.spread[name]:.1f} x)"
             for outcome in outcomes for name in ("sla", *DUCKDB) if outcome.spread.get(name, 1) > 1.5]
    if noisy:
        yield "**Noisy**, the slowest run against the fastest: " + ", ".join(noisy) + ". Repeat these on a quiet machine."


def memory(outcome, names, quick):
    faults = missed(outcome, quick)
    judged = "sla" in outcome.peak and not quick
    return [outcome.case.name, *(f"{outcome.peak[name]:.0f}" if name in outcome.peak else "–" for name in names),
            f"{outcome.case.memory_mb}", "**missed**" if "memory" in faults else "yes" if judged else "–"]


def agreement(outcome):
    lines = [f"- {outcome.case.name}: {outcome.groups:,} groups; the same numbers: {', '.join(outcome.agreed)}"]
    lines += [f"  - **{fault}**" for fault in outcome.faults]
    return "\n".join(lines)


def clock(case, seconds):
    return f"{seconds * 1000:.1f} ms" if case.is_short else f"{seconds:.3f} s"


def size(n_bytes):
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes < 10e6 else f"{n_bytes / 1e6:,.0f} MB"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
