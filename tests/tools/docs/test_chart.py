"""The chart: well-formed, and as long as the money."""

from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from tools.docs.chart import chart

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = {
    "one & only": {"application load balancer": Decimal(20), "RDS db.t4g.micro": Decimal(10), "secret": Decimal(10)},
    "half": {"Fargate vCPU, arm64": Decimal(15), "Fargate memory, arm64": Decimal(5)},
}


def test_each_part_is_as_wide_as_its_share() -> None:
    svg = ET.fromstring(chart("A < B", MONTHS))  # noqa: S314  # the chart is our own
    bars = {
        str(title.text): float(bar.attrib["width"])
        for bar in svg.iter(f"{SVG}rect")
        if (title := bar.find(f"{SVG}title")) is not None and "$" in str(title.text)
    }
    assert set(bars) == {"load balancers $20.00", "database $10.00", "other $10.00", "tasks $20.00"}
    assert bars["tasks $20.00"] == pytest.approx(bars["load balancers $20.00"])
    assert bars["database $10.00"] == pytest.approx(bars["load balancers $20.00"] / 2)


def test_names_and_totals_are_written_out() -> None:
    svg = ET.fromstring(chart("A < B", MONTHS))  # noqa: S314  # the chart is our own
    texts = {text.text for text in svg.iter(f"{SVG}text")}
    assert texts >= {"A < B", "one & only", "$40.00", "half", "$20.00", "load balancers"}
