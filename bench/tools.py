"""The tools that are compared: how each is installed, asked, and what it calls itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
REPO = BENCH.parent
CACHE = Path(os.environ.get("SLA_BENCH_DIR", Path.home() / ".cache" / "sla-bench"))
VENV = CACHE / "venv"
PYTHON = VENV / "bin" / "python"
DUCKDB = VENV / "bin" / "duckdb"

TOOLS = ["sla", "duckdb-cli", "duckdb-python", "polars", "pandas", "miller"]
# These print the seconds from after their imports to the end of their answer. That time counts for them:
# starting an interpreter says nothing about the package.
IN_PYTHON = {"duckdb-python", "polars", "pandas"}
PACKAGES = {"duckdb-cli": ["duckdb-cli"], "duckdb-python": ["duckdb"], "polars": ["polars"],
            "pandas": ["pandas", "pyarrow"]}

# Two threads for everybody. DuckDB and Arrow are told by their own settings.
ENVIRONMENT = os.environ | {"POLARS_MAX_THREADS": "2", "GOMAXPROCS": "2", "RAYON_NUM_THREADS": "2"}

MILLER = {
    "classic": ("", "service_name", 'status == "failure"', "response_time_ms", ""),
    "stray": ("", "service_name", 'status == "failure"', "response_time_ms", ""),
    "percentiles": ("", "service_name", 'status == "failure"', "response_time_ms", ",p50,p95,p99"),
    "hourly": ("$hour = substr($timestamp, 0, 12);", "service_name,hour", 'status == "failure"', "response_time_ms", ""),
    "wide": ("", "service", "code >= 500", "latency_ms", ""),
    "wide-grouped": ('filter $method == "GET" && $route != "/health";', "service,region", "code >= 500", "latency_ms", ""),
}


def install(tools):
    """Installs what is missing with the package managers of the system and of Python."""
    packages = {"/usr/bin/time": "time", "hyperfine": "hyperfine"} | ({"mlr": "miller"} if "miller" in tools else {})
    missing = [package for command, package in packages.items() if not shutil.which(command)]
    if missing:
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*as_root, "apt-get", "update", "-q"], check=True, stdout=sys.stderr)
        subprocess.run([*as_root, "apt-get", "install", "-q", "-y", *missing], check=True, stdout=sys.stderr)
    wanted = [package for tool in tools for package in PACKAGES.get(tool, [])]
    if wanted:
        if not PYTHON.exists():
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-q", *wanted], check=True, stdout=sys.stderr)


def build_generator():
    target = CACHE / "target"
    subprocess.run(["cargo", "build", "--release", "-q", "--manifest-path", BENCH / "generate" / "Cargo.toml",
                    "--target-dir", target], check=True)
    return target / "release" / "generate"


def build_sla():
    subprocess.run(["cargo", "build", "--release", "-q", "--manifest-path", REPO / "Cargo.toml"], check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", REPO / "target")) / "release" / "sla"


def command(tool, case, file, sla, output_format=None):
    """The words of the command line that answers the question of a case."""
    if tool == "cat":
        return ["cat", str(file)]
    if tool == "sla":
        words = [str(sla), "check", str(file), "--rules", str(BENCH / "rules" / case.rules)]
        return words + (["--format", output_format] if output_format else [])
    if tool.startswith("duckdb"):
        query = CACHE / "queries" / f"{file.stem}-{case.query}.sql"
        query.parent.mkdir(parents=True, exist_ok=True)
        query.write_text((BENCH / "peers" / "sql" / f"{case.query}.sql").read_text().replace("{file}", str(file)))
        if tool == "duckdb-cli":
            return [str(DUCKDB), "-csv", "-init", os.devnull, "-c", "SET threads = 2", "-f", str(query)]
        return [str(PYTHON), str(BENCH / "peers" / "duckdb_python.py"), str(query)]
    if tool == "miller":
        first, by, failed, ms, more = MILLER[case.query]
        flags = f"$failed = ${failed} ? 1 : 0; $over = ${ms} > 500 ? 1 : 0"
        # Without lazy quotes Miller refuses a quote inside an unquoted cell.
        reader = ["--icsv", "--lazy-quotes"] if case.query == "stray" else ["--icsv"]
        return ["mlr", *reader, "--ocsv", "put", f"{first} {flags}", "then", "stats1",
                "-a", f"count,sum,mean{more}", "-f", f"failed,over,{ms}", "-g", by, str(file)]
    return [str(PYTHON), str(BENCH / "peers" / f"{tool}_python.py"), case.query, str(file)]


def version(tool, sla):
    def first_line(*words):
        return subprocess.run(words, capture_output=True, text=True).stdout.strip().splitlines()[0]

    if tool == "sla":
        return first_line(sla, "--version")
    if tool == "duckdb-cli":
        return "DuckDB command line " + first_line(DUCKDB, "--version").split()[0].lstrip("v")
    if tool == "miller":
        return "Miller " + first_line("mlr", "--version").split()[-1]
    package = {"duckdb-python": "duckdb"}.get(tool, tool)
    number = first_line(PYTHON, "-c", f"import importlib.metadata as m; print(m.version('{package}'))")
    return f"{'DuckDB Python package' if tool == 'duckdb-python' else tool} {number}"
