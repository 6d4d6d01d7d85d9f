"""Dashboard and rules: valid, tried, and speaking of nothing that is not counted.

promtool (Debian's package prometheus) checks and tries the rules; without it those tests are skipped.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from wetplate import metrics
from wetplate.delivery.health import readings
from wetplate.metrics import OTHER, REGISTRY, Closed
from wetplate.settings import ROOT

HERE = Path(__file__).parent
PROMETHEUS = ROOT / "docs" / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "docs" / "deploy" / "grafana" / "delivery.json").read_text(encoding="utf-8"))
TRIED = sorted(HERE.glob("*.test.yml"))
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"(?<![\w:{])((?:wetplate|varnish|route|tier|stage|instance)[\w:]*[_:]\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")


def rules(file: str) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((PROMETHEUS / file).read_text())
    return [rule for group in loaded["groups"] for rule in group["rules"]]


RECORDED = {rule["record"] for rule in rules("recording.yml")}
ALERTS = {rule["alert"]: rule for rule in rules("alerts.yml")}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """(where, expression) of everything that asks Prometheus."""
    for panel in PANELS:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]
    for rule in rules("recording.yml"):
        yield f"record {rule['record']}", rule["expr"]
    for name, rule in ALERTS.items():
        yield f"alert {name}", rule["expr"]


def told() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Every name that is exposed, with its labels and their values."""
    closed = {each.collector: each.labels for each in vars(metrics).values() if isinstance(each, Closed)}
    known: dict[str, Mapping[str, Sequence[str]]] = {}
    for collector in REGISTRY._collector_to_names:
        for name in REGISTRY._get_names(collector):
            known[name] = closed.get(collector, {})  # type: ignore[call-overload]
    for reading in readings.ALL:
        labels = {label: (*values, OTHER) for label, values in reading.labels.items()}
        suffixes = ("_bucket", "_sum", "_count") if reading.kind == "histogram" else ("",)
        known |= {reading.full_name + suffix: labels for suffix in suffixes}
    return known


TOLD = told()
VARNISH = set((HERE / "varnish-exporter.txt").read_text().split())
OUTSIDE = {"instance", "job", "tier", "le"}  # what Prometheus or a histogram adds


def test_every_name_is_counted_by_somebody() -> None:
    asked = {name: where for where, text in expressions() for name, _ in NAME.findall(text)}
    unknown = {name: where for name, where in asked.items() if name not in {*TOLD, *VARNISH, *RECORDED}}
    assert not unknown
    assert len(asked) > 40


def test_every_label_that_is_asked_for_exists_and_takes_that_value() -> None:
    """A misspelled reason would never alert anybody."""
    for where, text in expressions():
        for name, matchers in NAME.findall(text):
            for label, operator, value in MATCHER.findall(matchers):
                if name not in TOLD or label in OUTSIDE - TOLD[name].keys():
                    continue
                assert label in TOLD[name], f"{where}: {name} has no label {label}"
                values = value.split("|") if "~" in operator else [value]
                assert set(values) <= set(TOLD[name][label]), f"{where}: {name}{{{label}}} is never {value}"


def test_every_number_is_shown_or_watched() -> None:
    asked = {name for _, text in expressions() for name, _ in NAME.findall(text)}
    counted = {each.name + ("_total" if each.type == "counter" else "") for each in REGISTRY.collect()}
    counted |= {reading.full_name for reading in readings.ALL}
    assert counted <= {re.sub(r"_(bucket|sum|count)\Z", "", name) for name in asked}


def test_every_recorded_series_is_used() -> None:
    asked = {name for _, text in expressions() for name, _ in NAME.findall(text)}
    assert asked >= RECORDED


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_what_is_wrong_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "action"}


def test_every_alert_is_tried_firing_and_quiet() -> None:
    tried = [
        (alert["alertname"], bool(alert["exp_alerts"]))
        for file in TRIED
        for test in yaml.safe_load(file.read_text())["tests"]
        for alert in test["alert_rule_test"]
    ]
    assert {name for name, fired in tried if fired} == set(ALERTS)
    assert {name for name, fired in tried if not fired} == set(ALERTS)


def promtool(*said: str, cwd: Path) -> str:
    assert PROMTOOL is not None
    ran = subprocess.run([PROMTOOL, *said], cwd=cwd, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@needs_promtool
def test_rules_and_scrape_configuration_are_valid() -> None:
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml", cwd=PROMETHEUS)


@needs_promtool
def test_alerts_fire_when_they_should() -> None:
    promtool("test", "rules", *(file.name for file in TRIED), cwd=HERE)


@needs_promtool
def test_what_the_dashboard_asks_is_promql(tmp_path: Path) -> None:
    """promtool parses rules only, so each panel's expression becomes one."""
    asked = [
        target["expr"].replace("$__rate_interval", "1m") for panel in PANELS for target in panel["targets"]
    ]
    recorded = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(asked)]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    promtool("check", "rules", "panels.yml", cwd=tmp_path)


def test_the_dashboard_can_be_imported_anywhere() -> None:
    """No data source of somebody's own; ids and letters that Grafana wants to be different are."""
    assert DASHBOARD["uid"] == "wetplate-delivery"
    assert DASHBOARD["schemaVersion"] >= 36
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    assert "datasource" in variables
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in PANELS:
        assert panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_no_panel_lies_on_another() -> None:
    places = [(panel["title"], panel["gridPos"]) for panel in DASHBOARD["panels"]]
    assert all(at["x"] >= 0 and at["x"] + at["w"] <= 24 for _, at in places)
    for (one, a), (other, b) in combinations(places, 2):
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        apart = apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert apart, f"{one} and {other}"
