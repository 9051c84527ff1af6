"""polars, lazy with the streaming engine: polars_python.py QUERY FILE. Seconds after the import go to standard error.

The number of threads comes from POLARS_MAX_THREADS.
"""

import sys
import time

import polars as pl

M = {"timestamp": pl.String, "service_name": pl.String, "status": pl.String, "response_time_ms": pl.Float64}
# Categories are faster for percentiles and slower for the rest.
M_CATEGORIES = M | {"service_name": pl.Categorical, "status": pl.Categorical}
STRAY = {"timestamp": pl.String, "service_name": pl.String, "item": pl.String, "status": pl.String,
         "response_time_ms": pl.Float64}
W = {"timestamp": pl.String, "request_id": pl.String, "service": pl.String, "region": pl.String, "host": pl.String,
     "method": pl.String, "route": pl.String, "code": pl.Int32, "user_agent": pl.String, "latency_ms": pl.Float64,
     "bytes_sent": pl.Int64, "note": pl.String}

ms = pl.col("response_time_ms")
latency = pl.col("latency_ms")
service = pl.col("service_name").alias("service")
# Text up to the hour. To have polars parse the time first is several times slower.
hour = pl.col("timestamp").str.head(13).alias("hour")


def classic(failed, ms):
    return [pl.len().alias("requests"), failed.sum().alias("failures"), ms.mean().alias("avg_ms"),
            (ms > 500).sum().alias("over_500")]


def percentiles(ms):
    # "equiprobable" is the nearest rank.
    return [ms.quantile(p / 100, "equiprobable").alias(f"p{p}") for p in (50, 95, 99)]


def answer(query, file):
    failed = pl.col("status") == "failure"
    server_error = pl.col("code") >= 500
    if query == "classic":
        return pl.scan_csv(file, schema=M).group_by(service).agg(classic(failed, ms))
    if query == "stray":
        # With quoting on, polars refuses this file.
        return pl.scan_csv(file, schema=STRAY, quote_char=None).group_by(service).agg(classic(failed, ms))
    if query == "percentiles":
        return pl.scan_csv(file, schema=M_CATEGORIES).group_by(service).agg(classic(failed, ms) + percentiles(ms))
    if query == "hourly":
        return pl.scan_csv(file, schema=M).group_by(service, hour).agg(classic(failed, ms))
    wide = pl.scan_csv(file, schema=W)
    if query == "wide":
        return wide.group_by("service").agg(classic(server_error, latency))
    if query == "wide-grouped":
        wide = wide.filter((pl.col("method") == "GET") & (pl.col("route") != "/health"))
        return wide.group_by("service", "region").agg(classic(server_error, latency))
    sys.exit(f"no query {query}")


start = time.perf_counter()
answer(sys.argv[1], sys.argv[2]).collect(engine="streaming").write_csv(sys.stdout)
print(time.perf_counter() - start, file=sys.stderr)
