"""Reads reports with the libraries that others read them with, and says as JSON what they found.

    consumers.py junit FILE...        junitparser
    consumers.py markdown FILE...     markdown-it-py, with GitHub's tables
    consumers.py openmetrics FILE...  prometheus_client's strict OpenMetrics parser
    consumers.py ranges               nagiosplugin; [[range, value], ...] on standard input
"""

import json
import sys


def junit(path):
    import junitparser

    cases = []
    suites = junitparser.JUnitXml.fromfile(path)
    for suite in suites:
        for case in suite:
            results = [[type(result).__name__, result.type, result.message] for result in case.result]
            cases.append({"suite": suite.name, "class": case.classname, "name": case.name, "results": results,
                          "said": case.system_out})
    return {"tests": suites.tests, "failures": suites.failures, "errors": suites.errors, "cases": cases}


def markdown(path):
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    with open(path, encoding="utf-8", newline="") as file:
        tokens = parser.parse(file.read())
    rows, row, cell, kinds = [], None, False, set()
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            rows.append(row)
            row = None
        elif token.type in ("td_open", "th_open"):
            cell = True
        elif token.type == "inline":
            kinds.update(child.type for child in token.children)
            if row is not None and cell:
                row.append("".join(child.content for child in token.children))
                cell = False
        else:
            kinds.add(token.type)
    headings = [after.content for before, after in zip(tokens, tokens[1:]) if before.type == "heading_open"]
    return {"rows": rows, "kinds": sorted(kinds), "headings": headings}


def openmetrics(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    with open(path, encoding="utf-8", newline="") as file:
        families = list(text_string_to_metric_families(file.read()))
    samples = [[sample.name, sample.labels, sample.value, sample.timestamp]
               for family in families for sample in family.samples]
    return {"families": [[family.name, family.type, family.unit, family.documentation] for family in families],
            "samples": samples}


def ranges():
    import nagiosplugin

    return [nagiosplugin.Range(spec).match(value) for spec, value in json.load(sys.stdin)]


def main():
    command, files = sys.argv[1], sys.argv[2:]
    readers = {"junit": junit, "markdown": markdown, "openmetrics": openmetrics}
    found = ranges() if command == "ranges" else [readers[command](file) for file in files]
    json.dump(found, sys.stdout)


main()
