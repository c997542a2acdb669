"""docs/production.md: the bill at each step from `dev` to a domain of one's own, by the code that estimates stacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from conducky.cost.estimate import evaluate_stack, price_stack
from conducky.cost.prices import HOME, read_prices
from conducky.repository import ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "production.md"
_DOMAIN = "app.example.com"
_ZONE = {"domain": _DOMAIN, "hostedZone": "example.com"}
_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


@dataclass(frozen=True)
class Step:
    """One step, where the page is then, and the settings of platform that make it."""

    what: str
    address: str
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    stack: str = "prod"


STEPS = (
    Step("`dev` as it is", "http://…elb.amazonaws.com", stack="dev"),
    Step("`prod` without HTTPS (`https: off`)", "http://…elb.amazonaws.com", {"https": "off"}),
    Step("`prod` as it is (`https: cloudfront`)", "https://….cloudfront.net"),
    Step("… with a domain in a hosted zone, in front of CloudFront", f"https://{_DOMAIN}", _ZONE),
    Step(
        "… with a certificate of your own (`https: certificate`)",
        f"https://{_DOMAIN}",
        {"https": "certificate", "domain": _DOMAIN, "certificateArn": _CERTIFICATE},
    ),
    Step("… with a hosted zone (`https: hosted-zone`)", f"https://{_DOMAIN}", {"https": "hosted-zone", **_ZONE}),
)


def bills() -> dict[str, Decimal]:
    """US dollars a month in us-east-1, by step; with the hosted zone, which exists already."""
    zone = read_prices().of("hosted zone", HOME).usd
    stacks = {stack: evaluate_stack(stack, region=HOME) for stack in ("dev", "prod")}
    months: dict[str, Decimal] = {}
    for step in STEPS:
        whole = stacks[step.stack]
        if step.settings:
            whole = evaluate_stack(step.stack, region=HOME, changes={"platform": step.settings}, unchanged=whole)
        months[step.what] = price_stack(whole, today=read_prices().checked).month + zone * (
            "hostedZone" in step.settings
        )
    return months


def write_production_page(root: Path = ROOT) -> Path:
    """Write the page's table into a repository, and return the page."""
    months = bills()
    rows = [(step.what, f"`{step.address}`", f"${months[step.what]:.2f}") for step in STEPS]
    header = ("Step", "The page is at", "A month in us-east-1")
    return write_generated_parts(root, PAGE, {"bill": table(header, rows)})
