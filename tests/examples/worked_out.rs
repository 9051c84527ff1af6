//! What the example agreements must say about their data.
//!
//! Nothing here was copied from the program: sqlite3 counted and added, as the query under each objective says, and
//! fractions of Python made the quotients exact and held them against the targets. To repeat a line:
//!
//! ```text
//! sqlite3 :memory: -cmd '.import --csv data/requests.csv t' "select service, sum(status>=500 …"
//! ```
//!
//! For the files with semicolons, `-cmd '.mode csv' -cmd '.separator ;' -cmd '.import data/machines.csv t'` reads them;
//! for tabs, `.separator "\t"`. Groups without rows, which no query shows, were added by hand. In the queries stand
//!
//! - `seconds(x)` for `strftime('%s', …)` of a time such as 02.06.2025 01:30:13, its parts put in order;
//! - `waited` for the seconds from `created_at` to `replied_at`, or to `now` where that is blank;
//! - `ms` for `iif(took like '%ms', took+0, (took+0)*1000)`;
//! - `bad` for `http_status in (0,429) or http_status>=500`.
//!
//! A line is a group (with a period, the hour or day before it), the verdict, the samples (`9 of 80`: so many of them
//! count against the promise), the exact value behind the verdict in base units, and for a percentile the value at the
//! nearest rank: the sorted values, counted off.

use super::Case;

pub(crate) const CASES: &[Case] = &[
    Case {
        rules: "web-shop",
        data: "requests.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        failure_rate <= 5%
            -- select service, sum(status>=500 or status=0), count(*) from t where route<>'/health' group by 1
            catalog  | met       | 2 of 120    | 1/60
            checkout | breached  | 9 of 80     | 0.1125
            login    | met       | 1 of 50     | 0.02
            search   | met       | 1 of 90     | 1/90
        avg(latency) <= 2s
            -- select service, sum(latency_ms), count(*) from t where route<>'/health' group by 1
            catalog  | met       | 120         | 10129/120000
            checkout | met       | 80          | 0.189025
            login    | met       | 50          | 0.09092
            search   | met       | 90          | 0.1714
        violation_rate(latency > 500ms) <= 10%
            -- select service, sum(latency_ms+0>500), count(*) from t where route<>'/health' group by 1
            catalog  | met       | 0 of 120    | 0
            checkout | met       | 0 of 80     | 0
            login    | met       | 0 of 50     | 0
            search   | met       | 5 of 90     | 1/18
        checkout is quick
            -- select service||' '||region, sum(latency_ms+0>400), count(*), group_concat(latency_ms) from t
            -- where route<>'/health' and service='checkout' group by 1
            checkout eu-west | warning   | 0 of 53     | 1 | 0.348
            checkout us-east | warning   | 0 of 27     | 1 | 0.365
        ",
    },
    Case {
        rules: "api",
        data: "api-calls.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        fast enough
            -- select method||' '||route, sum(duration_s+0 > case method||route when 'GET/v1/reports' then 2
            -- when 'POST/v1/orders' then .6 when 'GET/v1/orders' then .25 else .4 end), count(*),
            -- group_concat(duration_s) from t where route like '/v1/%' group by 1
            GET /v1/orders  | breached  | 5 of 60     | 11/12 | 0.581
            GET /v1/reports | met       | 0 of 20     | 1 | 1.65
            GET /v1/users   | met       | 0 of 70     | 1 | 0.082
            POST /v1/orders | met       | 0 of 40     | 1 | 0.315
        answers
            -- select '', sum(code>=500 or code=0), count(*) from t where route like '/v1/%'
            (all) | met       | 1 of 190    | 189/190
        rarely throttled
            -- select route, sum(code=429), count(*) from t where route like '/v1/%' group by 1
            /v1/orders  | met       | 0 of 100    | 0
            /v1/reports | met       | 0 of 20     | 0
            /v1/users   | breached  | 4 of 70     | 2/35
        pleasant to use
            -- select '', sum(case when code>=500 then 0 when duration_s+0<=.3 then 2 when duration_s+0<=1.2
            -- then 1 else 0 end), count(*) from t where route like '/v1/%' and route<>'/v1/reports'
            (all) | met       | 170         | 329/340
        ",
    },
    Case {
        rules: "batch-jobs",
        data: "batch-runs.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        ready when the office opens
            -- select job, sum(substr(finished,12)>'06:00:00'), count(*) from t group by 1
            invoices       | met       | 0 of 14     | 0
            price-feed     | met       | 0 of 14     | 0
            warehouse-load | breached  | 1 of 14     | 1/14
            backup         | undecided | 0           | -
        no run hangs
            -- select job, sum((seconds(finished)-seconds(started))>5*3600), count(*),
            -- max(seconds(finished)-seconds(started)) from t group by 1
            invoices       | met       | 0 of 14     | 7300
            price-feed     | met       | 0 of 14     | 1669
            warehouse-load | met       | 0 of 14     | 15442
            backup         | undecided | 0           | -
        every night
            -- select job, count(*) from t group by 1
            invoices       | met       | 14          | 14
            price-feed     | met       | 14          | 14
            warehouse-load | met       | 14          | 14
            backup         | undecided | 0           | -
        fails at most once
            -- select job, sum(result='failed'), count(*) from t group by 1
            invoices       | met       | 0 of 14     | 0
            price-feed     | met       | 1 of 14     | 1
            warehouse-load | met       | 0 of 14     | 0
            backup         | breached  | 0           | -
        ",
    },
    Case {
        rules: "tickets",
        data: "tickets.csv",
        now: "2025-06-07T12:00:00Z",
        expected: r"
        urgent within the hour
            -- select priority, sum(waited>3600), count(*) from t where priority='urgent'
            urgent | met       | 0 of 5      | 0
        high within four hours
            -- select priority, sum(waited>4*3600), count(*) from t where priority='high'
            high | met       | 1 of 24     | 1/24
        normal within a working day
            -- select priority, sum(waited>8*3600), count(*) from t where priority='normal'
            normal | met       | 1 of 31     | 1/31
        half of them sooner
            -- select priority, sum((waited)/60 > case priority when 'urgent' then 45 when 'high' then 120 else
            -- 360 end), count(*), group_concat(waited) from t group by 1
            high   | met       | 6 of 24     | 0.75 | 4920
            normal | met       | 2 of 31     | 29/31 | 14160
            urgent | met       | 0 of 5      | 1 | 1320
        nobody is forgotten
            -- select '', sum(replied_at=''), count(*) from t
            (all) | met       | 2 of 60     | 1/30
        ",
    },
    Case {
        rules: "load-test",
        data: "load-test.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        failure_rate <= 5%
            -- select label, sum(success='false'), count(*) from t group by 1
            Add to cart | met       | 0 of 33     | 0
            Home        | met       | 1 of 72     | 1/72
            Pay         | met       | 0 of 37     | 0
            Search      | met       | 0 of 38     | 0
        p95(latency) <= 600ms
            -- select label, sum(elapsed+0>600), count(*), group_concat(elapsed) from t group by 1
            Add to cart | met       | 0 of 33     | 1 | 0.213
            Home        | met       | 0 of 72     | 1 | 0.12
            Pay         | met       | 0 of 37     | 1 | 0.474
            Search      | met       | 1 of 38     | 37/38 | 0.277
        p99.9(latency) <= 2s
            -- select label, sum(elapsed+0>2000), count(*), group_concat(elapsed) from t group by 1
            Add to cart | met       | 0 of 33     | 1 | 0.215
            Home        | met       | 0 of 72     | 1 | 0.136
            Pay         | met       | 0 of 37     | 1 | 0.479
            Search      | met       | 0 of 38     | 1 | 1.24
        the whole test
            -- select '', sum(success='false'), count(*) from t
            (all) | met       | 1 of 180    | 1/180
        the load was there
            -- select '', count(*), max(timeStamp)-min(timeStamp) from t
            (all) | met       | 180         | 45000/14899
        answers are small
            -- select label, sum(bytes+0>6000), count(*), max(bytes+0) from t group by 1
            Add to cart | met       | 0 of 33     | 5157
            Home        | met       | 0 of 72     | 5096
            Pay         | met       | 0 of 37     | 5181
            Search      | met       | 0 of 38     | 5153
        ",
    },
    Case {
        rules: "machines",
        data: "machines.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        avg(cpu) <= 80%
            -- select substr(`when`,1,13)||' '||host, sum(replace(cpu,',','')), count(*) from t group by 1
            2025-06-05T02 db-1  | met       | 12          | 3383/6000
            2025-06-05T02 web-1 | met       | 12          | 0.28575
            2025-06-05T03 db-1  | breached  | 12          | 0.84175
            2025-06-05T03 web-1 | met       | 12          | 3763/12000
        not at the limit
            -- select substr(`when`,1,13)||' '||host, sum(replace(cpu,',','')+0>950), count(*) from t group by
            -- 1
            2025-06-05T02 db-1  | met       | 0 of 12     | 0
            2025-06-05T02 web-1 | met       | 0 of 12     | 0
            2025-06-05T03 db-1  | breached  | 6 of 12     | 0.5
            2025-06-05T03 web-1 | met       | 0 of 12     | 0
        max(memory) <= 24GiB
            -- select substr(`when`,1,13)||' '||host, sum(replace(`mem used`,',','')+0>240), count(*),
            -- max(replace(`mem used`,',','')+0) from t group by 1
            2025-06-05T02 db-1  | met       | 0 of 12     | 23514945945.6
            2025-06-05T02 web-1 | met       | 0 of 12     | 6012954214.4
            2025-06-05T03 db-1  | met       | 0 of 12     | 23085449216
            2025-06-05T03 web-1 | met       | 0 of 12     | 6120328396.8
        disk does not fill up
            -- select substr(`when`,1,13)||' '||host, sum(replace(disk_free_pct,',','')+0<150), count(*),
            -- min(replace(disk_free_pct,',','')+0) from t group by 1
            2025-06-05T02 db-1  | met       | 0 of 12     | 0.274
            2025-06-05T02 web-1 | met       | 0 of 12     | 0.628
            2025-06-05T03 db-1  | warning   | 0 of 12     | 0.223
            2025-06-05T03 web-1 | met       | 0 of 12     | 0.625
        ",
    },
    Case {
        rules: "monitors",
        data: "monitors.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        reachable
            -- select substr(checked,1,10)||' '||monitor, sum(state in ('Down','')), count(*) from t where
            -- state<>'Paused' group by 1
            2025-06-01 mail    | warning   | 1 of 24     | 23/24
            2025-06-01 vpn     | met       | 0 of 22     | 1
            2025-06-01 website | met       | 0 of 24     | 1
            2025-06-02 mail    | met       | 0 of 24     | 1
            2025-06-02 vpn     | met       | 0 of 24     | 1
            2025-06-02 website | warning   | 1 of 24     | 23/24
        really up, not just answering
            -- select substr(checked,1,10)||' '||monitor, sum(state<>'Up'), count(*) from t where
            -- state<>'Paused' group by 1; a blank state counts as failed, so it is not up
            2025-06-01 mail    | met       | 1 of 24     | 23/24
            2025-06-01 vpn     | met       | 0 of 22     | 1
            2025-06-01 website | met       | 0 of 24     | 1
            2025-06-02 mail    | met       | 0 of 24     | 1
            2025-06-02 vpn     | met       | 0 of 24     | 1
            2025-06-02 website | met       | 2 of 24     | 11/12
        checked at all
            -- select substr(checked,1,10)||' '||monitor, count(*) from t where state<>'Paused' group by 1
            2025-06-01 mail    | met       | 24          | 24
            2025-06-01 vpn     | met       | 22          | 22
            2025-06-01 website | met       | 24          | 24
            2025-06-02 mail    | met       | 24          | 24
            2025-06-02 vpn     | met       | 24          | 24
            2025-06-02 website | met       | 24          | 24
        ",
    },
    Case {
        rules: "customers",
        data: "customers.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        availability as agreed
            -- select customer||' '||service, sum(errors), sum(requests) from t group by 1
            Acme api     | met       | 36 of 27981 | 3105/3109
            Acme files   | met       | 17 of 7201  | 7184/7201
            Globex api   | breached  | 279 of 15408 | 1681/1712
            Initech api  | met       | 3 of 2150   | 2147/2150
            Umbrella api | undecided | 0           | -
        quick on average
            -- select customer||' '||service, sum(requests*avg_latency_ms), sum(requests) from t group by 1
            Acme api     | met       | 27981       | 1011589/9327000
            Acme files   | warning   | 7201        | 3021363/7201000
            Globex api   | met       | 15408       | 582031/5136000
            Initech api  | met       | 2150        | 49279/430000
            Umbrella api | undecided | 0           | -
        within the contract's volume
            -- select customer||' '||service, sum(requests), count(*) from t where customer<>'Acme' group by 1
            Globex api   | met       | 24          | 15408
            Initech api  | met       | 24          | 2150
            Umbrella api | undecided | 0           | -
        few errors of all
            -- select '', sum(errors), sum(requests), count(*) from t
            (all) | breached  | 96          | 67/10548
        ",
    },
    Case {
        rules: "queues",
        data: "queues.tsv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        no message gets old
            -- select queue, sum(oldest_s+0 > iif(queue='thumbnails',600,300)), count(*),
            -- max(replace(oldest_s,'.','')+0) from t group by 1
            emails     | met       | 0 of 60     | 10.6
            orders     | met       | 0 of 60     | 3
            thumbnails | met       | 0 of 60     | 430.2
        short queues
            -- select queue, sum(depth+0>500), count(*), group_concat(depth) from t group by 1
            emails     | met       | 0 of 60     | 1 | 48
            orders     | met       | 0 of 60     | 1 | 18
            thumbnails | warning   | 6 of 60     | 0.9 | 389
        somebody works
            -- select queue, sum(consumers+0<=0), count(*), min(consumers+0) from t group by 1
            emails     | met       | 0 of 60     | 3
            orders     | met       | 0 of 60     | 4
            thumbnails | met       | 0 of 60     | 1
        nothing is given up
            -- select queue, sum(dead_letters), count(*) from t group by 1
            emails     | met       | 60          | 0
            orders     | met       | 60          | 0
            thumbnails | met       | 60          | 0
        ",
    },
    Case {
        rules: "third-party",
        data: "third-party.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        answers
            -- select provider, sum(bad), count(*) from t group by 1
            geocoder | met       | 4 of 85     | 4/85
            payments | met       | 0 of 58     | 0
            sms      | met       | 1 of 37     | 1/37
        answers in time
            -- select provider, sum(ms>1000), count(*), group_concat(round(ms)) from t where not (bad) group by
            -- 1
            geocoder | met       | 0 of 81     | 1 | 0.203
            payments | met       | 2 of 58     | 28/29 | 0.457
            sms      | met       | 0 of 36     | 1 | 0.319
        says how long it took
            -- select provider, sum(took=''), count(*) from t group by 1
            geocoder | met       | 0 of 85     | 0
            payments | met       | 0 of 58     | 0
            sms      | met       | 1 of 37     | 1/37
        slow answers
            -- select provider, sum(ms>1000 and not (bad)), count(*) from t group by 1
            geocoder | met       | 0 of 85     | 0
            payments | met       | 2 of 58     | 1/29
            sms      | met       | 0 of 37     | 0
        ",
    },
    Case {
        rules: "crash-free",
        data: "sessions.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        crash-free
            -- select platform||' '||`app version`, sum(crashed), count(*) from t where `app
            -- version`<>'5.3.0-beta' group by 1
            android 5.1.3 | met       | 0 of 30     | 1
            android 5.2.0 | breached  | 3 of 99     | 32/33
            ios 5.1.3     | undecided | 0 of 13     | 1
            ios 5.2.0     | met       | 0 of 41     | 1
        the beta may crash, but not at every turn
            -- select platform, sum(crashed), count(*) from t where `app version` like '%-beta' group by 1
            ios     | met       | 1 of 17     | 1/17
            android | met       | 0           | -
        people stay
            -- select '', sum(length_s), count(*) from t
            (all) | met       | 200         | 972.65
        ",
    },
    Case {
        rules: "finished-rates",
        data: "finished.csv",
        now: "2025-06-08T06:00:00Z",
        expected: r"
        failure_rate <= 5%
            -- select service_name, failure_rate from t
            auth    | met       | 1           | 0.0031
            billing | met       | 1           | 0.0184
            catalog | met       | 1           | 0.0002
            search  | met       | 1           | 0.05
            uploads | met       | 1           | 0.0117
        avg(latency) <= 2s
            -- select service_name, avg_response_time_ms from t
            auth    | met       | 1           | 0.1432
            billing | met       | 1           | 0.61275
            catalog | met       | 1           | 0.0964
            search  | met       | 1           | 0.3381
            uploads | met       | 1           | 1.904
        violation_rate(latency > 500ms) <= 10%
            -- select service_name, response_violation_rate from t
            auth    | met       | 1           | 0.012
            billing | met       | 1           | 0.087
            catalog | met       | 1           | 0.0009
            search  | breached  | 1           | 0.104
            uploads | met       | 1           | 0.0993
        ",
    },
];
