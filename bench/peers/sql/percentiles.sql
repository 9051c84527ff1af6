-- Everything about the file is declared, so that no time goes into guessing it.
SELECT service_name AS service,
       count(*) AS requests,
       count(*) FILTER (status = 'failure') AS failures,
       avg(response_time_ms) AS avg_ms,
       count(*) FILTER (response_time_ms > 500) AS over_500,
       quantile_disc(response_time_ms, [0.5, 0.95, 0.99]) AS p,
       p[1] AS p50, p[2] AS p95, p[3] AS p99
FROM read_csv('{file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
     columns = {'timestamp': 'TIMESTAMP', 'service_name': 'VARCHAR', 'status': 'VARCHAR', 'response_time_ms': 'DOUBLE'})
GROUP BY 1
