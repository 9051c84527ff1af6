"""The cases: what is read, what is asked, and what `sla` must reach."""

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Case:
    name: str
    dataset: str                       # as `generate` calls it
    rows: int
    query: str                         # what the peers are asked: a file in peers/sql, a name in peers/*.py and Miller
    rules: str                         # the same question for sla, in rules/
    speed: Optional[float] = None      # at least so many times as fast as DuckDB
    limit_ms: Optional[float] = None   # at most so long from start to exit
    memory_mb: Optional[int] = 32      # at most so much resident at the peak
    ten_times: bool = False            # only on demand: 8.7 GB each

    @property
    def is_short(self):
        """Too short for one run to say anything: timed by hyperfine, many runs at each turn."""
        return self.limit_ms is not None


M, W, STRAY = 20_000_000, 5_000_000, 10_000_000

CASES = [
    Case("10k-classic", "m", 10_000, "classic", "classic.yaml", limit_ms=5),
    Case("1m-classic", "m", 1_000_000, "classic", "classic.yaml", limit_ms=25),
    Case("M-classic", "m", M, "classic", "classic.yaml", speed=6.0),
    Case("M-percentiles", "m", M, "percentiles", "percentiles.yaml", speed=6.5),
    Case("M-hourly", "m", M, "hourly", "hourly.yaml", speed=7.0),
    Case("M-hourly-shuffled", "m-shuffled", M, "hourly", "hourly.yaml", speed=5.0, memory_mb=64),
    Case("M1000-classic", "m-1000", M, "classic", "classic.yaml", speed=4.5, memory_mb=64),
    Case("W-classic", "w", W, "wide", "wide.yaml", speed=5.0),
    Case("W-grouped", "w", W, "wide-grouped", "wide-grouped.yaml", speed=5.0),
    Case("STRAY-classic", "stray", STRAY, "stray", "classic.yaml", speed=1.0),
    Case("M10-classic", "m", 10 * M, "classic", "classic.yaml", ten_times=True),
    Case("M10-percentiles", "m", 10 * M, "percentiles", "percentiles.yaml", ten_times=True),
    Case("M10-hourly", "m", 10 * M, "hourly", "hourly.yaml", ten_times=True),
    Case("M10-hourly-shuffled", "m-shuffled", 10 * M, "hourly", "hourly.yaml", memory_mb=64, ten_times=True),
    Case("M10-1000-classic", "m-1000", 10 * M, "classic", "classic.yaml", memory_mb=64, ten_times=True),
    Case("W10-classic", "w", 10 * W, "wide", "wide.yaml", ten_times=True),
]
