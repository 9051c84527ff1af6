"""DuckDB's Python package: duckdb_python.py SQL_FILE. The seconds after the import go to standard error."""

import sys
import time

import duckdb

start = time.perf_counter()
# COPY is DuckDB's own way of writing; fetching into Python objects would only add to its time.
query = open(sys.argv[1]).read()
duckdb.connect(config={"threads": 2}).execute(f"COPY ({query}) TO '/dev/stdout' (HEADER)")
print(time.perf_counter() - start, file=sys.stderr)
