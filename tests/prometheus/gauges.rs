//! gauges
