-- One question may have been asked with other stretches of time chosen around it (--since, --until): of a complete period
-- all of them say the same. So the views below go by what is left of the options, which chooses other rows (--where).
DROP VIEW latest_results;
DROP VIEW monthly;

-- Every series, with that of its options that makes it another question.
CREATE VIEW questions AS
SELECT id AS series, agreement, result_id,
       (SELECT json_group_array(chosen.value) FROM json_each(series.scope) chosen
        WHERE chosen.value NOT LIKE '--since=%' AND chosen.value NOT LIKE '--until=%') AS options
FROM series;

-- Of every objective and group the newest period.
CREATE VIEW latest_results AS
SELECT c.* FROM current_results c
WHERE c.result IN (
    SELECT result FROM (
        SELECT n.result, row_number() OVER (
            PARTITION BY q.agreement, q.result_id, q.options
            ORDER BY coalesce(p.from_ns, p.last_ns) DESC NULLS LAST, r.complete DESC, n.result DESC
        ) AS place
        FROM current_results n
        JOIN results r ON r.id = n.result
        JOIN periods p ON p.id = r.period
        JOIN questions q ON q.series = r.series
    )
    WHERE place = 1
);

-- Answers by month, agreement and objective. A period counts once.
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
       max(target_text)                AS target,
       options
FROM (
    SELECT n.month, n.agreement, n.service, n.objective, n.result_id, n.verdict, n.measured, n.target_text, q.options,
           row_number() OVER (
               PARTITION BY q.agreement, q.result_id, q.options, r.period ORDER BY r.complete DESC, r.id DESC
           ) AS place
    FROM current_results n
    JOIN results r ON r.id = n.result
    JOIN questions q ON q.series = r.series
)
WHERE place = 1
GROUP BY agreement, service, objective, result_id, options, month
ORDER BY agreement, service, objective, month;
