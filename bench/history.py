#!/usr/bin/env python3
"""How long `sla history` takes over a thousand recorded runs.

    bench/history.py SLA [RUNS]

Records RUNS days (default 1000) of twelve results each with the binary SLA, one run per day, into a folder of its own,
and tells the size of the history, the mean time to record a run, and the median of 20 runs of each command.
"""

import datetime
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SERVICES = ["catalog", "checkout", "login", "search"]
RULES = "sla: Web shop\nby: service\nobjectives: [failure_rate <= 5%, avg(latency) <= 2s, p95(latency) <= 1s]\n"
COMMANDS = [["history"], ["history", "--service", "checkout"], ["show"], ["diff", "1", "latest"]]


def rows(day: datetime.date, number: int) -> str:
    lines = ["timestamp,service,status,latency_ms"]
    for at, service in enumerate(SERVICES):
        for minute in range(25):
            failed = (number * 7 + at * 3 + minute) % 23 == 0
            lines.append(f"{day}T12:{minute:02}:00Z,{service},{'failure' if failed else 'success'},{100 + number % 50 + at}")
    return "\n".join(lines) + "\n"


def main() -> None:
    sla = Path(sys.argv[1]).resolve()
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.yaml").write_text(RULES)
        started = time.perf_counter()
        for number in range(runs):
            day = datetime.date(2023, 1, 1) + datetime.timedelta(days=number)
            (folder / "day.csv").write_text(rows(day, number))
            check = [sla, "check", "day.csv", "--rules", "rules.yaml", "--record=sla.db", "--now", f"{day}T23:00:00Z", "-q"]
            done = subprocess.run(check, cwd=folder, capture_output=True, text=True)
            assert "recorded as run" in done.stderr or done.returncode == 0, done.stderr
        mean = (time.perf_counter() - started) / runs
        size = (folder / "sla.db").stat().st_size / 1e6
        print(f"{runs} runs, {size:.1f} MB, {mean * 1000:.1f} ms for each to check and record")
        for command in COMMANDS:
            times = []
            for _ in range(20):
                started = time.perf_counter()
                subprocess.run([sla, *command, "--store", "sla.db"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
                times.append(time.perf_counter() - started)
            print(f"sla {' '.join(command)}: {statistics.median(times) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
