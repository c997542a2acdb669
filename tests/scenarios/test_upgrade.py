"""An earlier installation on the real engine: nothing that a running task reads goes before its successor."""

import shutil
from pathlib import Path

import pytest

from conducky.catalog.property_bag import Properties
from conducky.rehearsal.rehearsal import Rehearsal
from conducky.repository import ROOT
from tests.scenarios.deployment import rehearsed, up, wait_for_both
from tests.scenarios.repository import edit

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PROGRAMS = (
    "bootstrap/role_policies.py",
    "platform/database.py",
    "services/application_secrets.py",
    "services/__main__.py",
    "platform/firewall.py",
)
OLD_URL, NEW_URL = "/conducky/dev/DATABASE_URL", "/conducky/dev/backend/DATABASE_URL"
OLD_SECRETS = {"/conducky/dev/JWT_SECRET", "/conducky/dev/SESSION_SECRET"}
NEW_SECRETS = {"/conducky/dev/backend/JWT_SECRET", "/conducky/dev/backend/SESSION_SECRET"}
OLD_ROLE = "conducky-dev-backend-task"

_OLD_EXPORTS = f"""    ),
)
import pulumi, pulumi_aws

for name in set(ServicesOutputs.model_fields) - {{"database_url_parameter_arn"}}:
    pulumi.export(name, getattr(outputs, name))
pulumi_aws.iam.Role("{OLD_ROLE}", assume_role_policy="{{}}")
"""


def make_old(root: Path) -> None:
    """Parameters without their application's name, a role in services that no export names, and a group's old name."""
    flat = 'f"/{names.project}/{names.stack}/'
    edit(root / PROGRAMS[0], """f"parameter{names.parameter(application, '*')}\"""", '"parameter/conducky/dev/*"')
    edit(
        root / PROGRAMS[1],
        '"backend-DATABASE_URL", names.parameter("backend", "DATABASE_URL")',
        f'"DATABASE_URL", {flat}DATABASE_URL"',
    )
    edit(root / PROGRAMS[2], 'f"{application}-{variable_name}"', "variable_name")
    edit(root / PROGRAMS[2], "names.parameter(application, variable_name)", flat + '{variable_name}"')
    edit(root / PROGRAMS[3], "check_upstream(layer, bootstrap, platform)\n", "")
    edit(root / PROGRAMS[3], "\nServicesOutputs(\n", "\noutputs = ServicesOutputs(\n")
    edit(root / PROGRAMS[3], "    ),\n).export()\n", _OLD_EXPORTS)
    edit(root / PROGRAMS[4], 'self._group("entrance", ', 'self._group("load-balancer", ')


def parameters(rehearsal: Rehearsal) -> set[str]:
    return {str(each["name"]) for each in rehearsal.account.of("aws:ssm/parameter:Parameter")}


def old_roles(rehearsal: Rehearsal) -> list[str]:
    roles = (str(each["name"]) for each in rehearsal.account.of("aws:iam/role:Role"))
    return [name for name in roles if name.startswith(f"{OLD_ROLE}-")]


def entrance_group(rehearsal: Rehearsal) -> Properties:
    ident = rehearsal.layer("platform").exports()["entrance_security_group_id"]
    (group,) = (each for each in rehearsal.account.of("aws:ec2/securityGroup:SecurityGroup") if each["id"] == ident)
    return dict(group)


def test_an_earlier_installation_moves_and_its_tasks_find_what_they_read(
    stand_ins: Path, images: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(stand_ins, tmp_path / "repository")
    make_old(root)
    with rehearsed(root, images=images) as rehearsal:
        up(rehearsal)
        assert parameters(rehearsal) == {OLD_URL, *OLD_SECRETS}
        assert old_roles(rehearsal)
        group = entrance_group(rehearsal)
        assert "load-balancer" in str(group["name"])
        for file in PROGRAMS:
            shutil.copyfile(ROOT / file, root / file)

        up(rehearsal, "bootstrap", "platform")
        assert parameters(rehearsal) == {OLD_URL, NEW_URL, *OLD_SECRETS}, "the old release still reads the old ones"
        assert entrance_group(rehearsal) == group, "AWS deletes none that a load balancer is in"
        assert wait_for_both(rehearsal)

        up(rehearsal, "services")
        assert parameters(rehearsal) == {OLD_URL, NEW_URL, *NEW_SECRETS}
        assert old_roles(rehearsal) == []
        assert wait_for_both(rehearsal)

        up(rehearsal, "platform")
        assert parameters(rehearsal) == {NEW_URL, *NEW_SECRETS}
        assert {name: result.operations for name, result in up(rehearsal).items() if result.operations} == {}
