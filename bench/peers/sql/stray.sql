-- Everything about the file is declared, so that no time goes into guessing it.
SELECT service_name AS service,
       count(*) AS requests,
       count(*) FILTER (status = 'failure') AS failures,
       avg(response_time_ms) AS avg_ms,
       count(*) FILTER (response_time_ms > 500) AS over_500
FROM read_csv('{file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
     columns = {'timestamp': 'TIMESTAMP', 'service_name': 'VARCHAR', 'item': 'VARCHAR', 'status': 'VARCHAR',
               'response_time_ms': 'DOUBLE'})
GROUP BY 1
