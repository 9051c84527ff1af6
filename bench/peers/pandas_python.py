"""pandas on Arrow: pandas_python.py QUERY FILE. The seconds after the imports go to standard error.

The Arrow reader and Arrow columns are the fastest that pandas offers; its default reader takes about twice as long.
"""

import sys
import time

import numpy as np
import pandas as pd
import pyarrow

pyarrow.set_cpu_count(2)
pyarrow.set_io_thread_count(2)


def read(file, columns):
    return pd.read_csv(file, usecols=columns, engine="pyarrow", dtype_backend="pyarrow")


def read_multi_line(file, columns):
    # pandas cannot tell Arrow that a cell may span lines, so W is left to the default reader.
    types = {name: "category" for name in columns} | {"code": "int32", "latency_ms": "float64"}
    return pd.read_csv(file, usecols=columns, dtype=types)


def classic(rows, by, failed, ms):
    rows = rows.assign(failed=failed, over=ms > 500, ms=ms)
    groups = rows.groupby(by, sort=False, observed=True)
    return groups.agg(requests=("failed", "size"), failures=("failed", "sum"), avg_ms=("ms", "mean"),
                      over_500=("over", "sum"))


def percentiles(rows):
    # pandas' own quantile has no nearest rank; numpy calls it the inverted distribution function.
    groups = rows.assign(ms=rows.response_time_ms.to_numpy(dtype=float)).groupby("service_name", sort=False).ms
    return pd.DataFrame({name: np.quantile(values.to_numpy(), [0.5, 0.95, 0.99], method="inverted_cdf")
                         for name, values in groups}, index=["p50", "p95", "p99"]).T


def answer(query, file):
    if query in ("classic", "stray", "percentiles"):
        rows = read(file, ["service_name", "status", "response_time_ms"])
        result = classic(rows, "service_name", rows.status == "failure", rows.response_time_ms)
        return result.join(percentiles(rows)) if query == "percentiles" else result
    if query == "hourly":
        rows = read(file, ["timestamp", "service_name", "status", "response_time_ms"])
        rows["hour"] = rows.timestamp.dt.floor("h")
        return classic(rows, ["service_name", "hour"], rows.status == "failure", rows.response_time_ms)
    if query == "wide":
        rows = read_multi_line(file, ["service", "code", "latency_ms"])
        return classic(rows, "service", rows.code >= 500, rows.latency_ms)
    if query == "wide-grouped":
        rows = read_multi_line(file, ["service", "region", "method", "route", "code", "latency_ms"])
        rows = rows[(rows.method == "GET") & (rows.route != "/health")]
        return classic(rows, ["service", "region"], rows.code >= 500, rows.latency_ms)
    sys.exit(f"no query {query}")


start = time.perf_counter()
answer(sys.argv[1], sys.argv[2]).rename_axis(index={"service_name": "service"}).to_csv(sys.stdout)
print(time.perf_counter() - start, file=sys.stderr)
