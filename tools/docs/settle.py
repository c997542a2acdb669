"""How long a release takes to settle by its settings: from `UpdateService` until the old tasks are gone.

New tasks have to be pulled and started first, which takes the same with any settings and is left out. Then the load
balancer asks each until it is healthy, and lets the old ones finish.
https://docs.aws.amazon.com/AmazonECS/latest/bestpracticesguide/load-balancer-healthcheck.html
"""

from dataclasses import dataclass
from pathlib import Path

from conducky.catalog.property_bag import Properties, bag
from conducky.evaluation.evaluate import Evaluation, evaluate
from conducky.repository import ROOT
from tools.docs.markdown import table
from tools.docs.pages import write_generated_parts

PAGE = Path("docs") / "decisions" / "deployed-means-proven.md"
TARGET_SECONDS = 45
_GROUP = "aws:lb/targetGroup:TargetGroup"


@dataclass(frozen=True)
class Settle:
    """Health checks until a task is healthy, the seconds between two, and the seconds that an old task drains."""

    checks: int
    interval: int
    draining: int

    @property
    def seconds(self) -> int:
        """All of it."""
        return self.checks * self.interval + self.draining

    @classmethod
    def of(cls, group: Properties) -> "Settle":
        """By a target group's inputs; what they leave open is as AWS's API has it."""
        check = bag(group, "healthCheck")
        return cls(
            int(str(check.get("healthyThreshold", AWS_DEFAULTS.checks))),
            int(str(check.get("interval", AWS_DEFAULTS.interval))),
            int(str(group.get("deregistrationDelay", AWS_DEFAULTS.draining))),
        )


# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
AWS_DEFAULTS = Settle(5, 30, 300)
# https://aws.github.io/copilot-cli/docs/manifest/lb-web-service/
COPILOT = Settle(2, 10, 60)


def settle_of(services: Evaluation) -> Settle:
    """The slowest of a stack's services, as the release waits for all."""
    return max((Settle.of(group.inputs) for group in services.of(_GROUP)), key=lambda each: each.seconds)


def write_settle_page(root: Path = ROOT) -> Path:
    """Write the page's table into a repository, and return the page."""
    ways = {"this project": settle_of(evaluate("services")), "Copilot": COPILOT, "AWS's defaults": AWS_DEFAULTS}
    rows = [
        (name, f"{each.checks}, {each.interval} s apart", f"{each.draining} s", f"{each.seconds} s")
        for name, each in ways.items()
    ]
    header = ("Settings of", "Health checks", "Draining", "Together")
    return write_generated_parts(root, PAGE, {"settle": table(header, rows)})
