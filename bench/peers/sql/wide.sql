-- Everything about the file is declared, so that no time goes into guessing it.
SELECT service,
       count(*) AS requests,
       count(*) FILTER (code >= 500) AS failures,
       avg(latency_ms) AS avg_ms,
       count(*) FILTER (latency_ms > 500) AS over_500
FROM read_csv('{file}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
     columns = {'timestamp': 'TIMESTAMP', 'request_id': 'VARCHAR', 'service': 'VARCHAR', 'region': 'VARCHAR',
               'host': 'VARCHAR', 'method': 'VARCHAR', 'route': 'VARCHAR', 'code': 'INTEGER', 'user_agent': 'VARCHAR',
               'latency_ms': 'DOUBLE', 'bytes_sent': 'BIGINT', 'note': 'VARCHAR'})
GROUP BY 1
