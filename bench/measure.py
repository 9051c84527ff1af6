"""Running a command: its time, its peak memory, its answer."""

import json
import os
import shlex
import subprocess
import time
from pathlib import Path

import tools


class Failed(Exception):
    """A command that gave no answer."""


def is_answer(tool, status):
    # sla: 0 is met, 1 is breached, 3 is undecided; which numbers stand behind it is checked separately.
    return status == 0 or (tool == "sla" and status in (1, 3))


def run(tool, words, answer, errors):
    """Runs once, standard output to the file `answer`. Returns the seconds that count for this tool."""
    with open(answer, "wb") as out, open(errors, "wb") as err:
        start = time.perf_counter()
        status = subprocess.Popen(words, stdout=out, stderr=err, env=tools.ENVIRONMENT).wait()
        elapsed = time.perf_counter() - start
    if not is_answer(tool, status):
        raise Failed(f"exit {status}: {last_line(errors)}")
    return float(last_line(errors)) if tool in tools.IN_PYTHON else elapsed


def cat(file):
    """Reads the file to nowhere: no reader can be faster."""
    start = time.perf_counter()
    subprocess.run(["cat", file], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def peak_mb(tool, words, answer, errors):
    """The peak resident memory in MB. By a small program, because what this interpreter holds would count too."""
    peak = Path(f"{answer}.peak")
    with open(answer, "wb") as out, open(errors, "wb") as err:
        status = subprocess.Popen(["/usr/bin/time", "-q", "-f", "%M", "-o", peak, *words], stdout=out, stderr=err,
                                  env=tools.ENVIRONMENT).wait()
    if not is_answer(tool, status):
        raise Failed(f"exit {status}: {last_line(errors)}")
    return int(last_line(peak)) * 1024 / 1e6


def many(words, runs):
    """The median of many runs in seconds, from start to exit, by hyperfine without a shell."""
    export = tools.CACHE / "hyperfine.json"
    hyperfine = ["hyperfine", "-N", "-i", "--style", "none", "--warmup", "2", "--runs", str(runs),
                 "--export-json", str(export), shlex.join(words)]
    subprocess.run(hyperfine, check=True, env=tools.ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(export.read_text())["results"][0]["median"]


def last_line(file):
    lines = Path(file).read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "(no message)"


def pin_to_two_cores():
    """Children inherit it, so nobody gets a third core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
