-- Views for queries by hand. Fractions become floats here, for reading.

-- The answer that holds for every series and period: the newest one, but one about a part of the period never takes
-- the place of one about all of it.
CREATE VIEW current_results AS
SELECT s.agreement,
       s.service,
       u.labels,
       coalesce(u.name, u.objective)                                  AS objective,
       u.indicator,
       u.comparison,
       p.name                                                         AS period,
       p.from_time,
       p.to_time,
       p.month,
       r.complete,
       r.verdict,
       r.reason,
       CAST(r.measured_num AS REAL) / CAST(r.measured_den AS REAL)    AS measured,
       CAST(u.target_num AS REAL) / CAST(u.target_den AS REAL)        AS target,
       u.target_text,
       u.dimension,
       r.samples,
       r.bad,
       r.allowed,
       r.explain,
       r.revision,
       (SELECT max(run) FROM run_results WHERE result = r.id)         AS run,
       s.result_id,
       s.scope,
       r.id                                                           AS result,
       r.series
FROM results r
JOIN series s ON s.id = r.series
JOIN periods p ON p.id = r.period
JOIN subjects u ON u.id = r.subject
WHERE NOT EXISTS (
    SELECT 1 FROM results later
    WHERE later.series = r.series AND later.period = r.period
      AND (later.complete, later.id) > (r.complete, r.id)
);

-- Of every series the newest period.
CREATE VIEW latest_results AS
SELECT c.* FROM current_results c
WHERE c.result IN (
    SELECT result FROM (
        SELECT n.result, row_number() OVER (
            PARTITION BY n.series
            ORDER BY coalesce(p.from_ns, p.last_ns) DESC NULLS LAST, n.result DESC
        ) AS place
        FROM current_results n
        JOIN results r ON r.id = n.result
        JOIN periods p ON p.id = r.period
    )
    WHERE place = 1
);

-- One row per service with a breach in its newest period, in the shape that spreadsheets of the field use. Of several
-- objectives on one figure the worst value is told; a figure that nothing measures is null.
CREATE VIEW violations AS
SELECT service                                                                               AS service_name,
       max(measured) FILTER (WHERE indicator = 'failure_rate')                               AS failure_rate,
       max(measured) FILTER (WHERE indicator = 'avg(latency)') * 1000                        AS avg_response_time_ms,
       max(measured) FILTER (WHERE indicator LIKE 'violation\_rate(latency >%' ESCAPE '\')   AS response_violation_rate
FROM latest_results
GROUP BY service
HAVING sum(verdict = 'breached') > 0
ORDER BY service;

-- Answers by month, agreement and objective.
CREATE VIEW monthly AS
SELECT month,
       agreement,
       service,
       objective,
       count(*)                        AS periods,
       sum(verdict = 'met')            AS met,
       sum(verdict = 'warning')        AS warning,
       sum(verdict = 'breached')       AS breached,
       sum(verdict = 'undecided')      AS undecided,
       min(measured)                   AS least,
       max(measured)                   AS most,
       max(target_text)                AS target
FROM current_results
GROUP BY agreement, service, objective, result_id, scope, month
ORDER BY agreement, service, objective, month;
