"""The SDK's packages give the same names as always, and import no module that is not asked for."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.engine

_PROGRAM = """
import importlib, sys
from conducky.lazy_sdk import load_lazily
load_lazily()
load_lazily()
import pulumi_aws as aws

for name in ("SecurityGroup", "SecurityGroupArgs", "GetSubnetResult", "get_subnet", "get_subnet_output", "VpcIpam"):
    own = getattr(aws.ec2, name)
    for module in ("security_group", "get_subnet", "vpc_ipam"):
        importlib.import_module(f"pulumi_aws.ec2.{module}")
    assert type(own).__name__ in ("type", "function"), name
    assert getattr(aws.ec2, name) is own, name
loaded = {name.removeprefix("pulumi_aws.ec2.") for name in sys.modules if name.startswith("pulumi_aws.ec2.")}
assert loaded >= {"security_group", "get_subnet"} and len(loaded) < 10, loaded
for name in ("Nothing_", "__nothing__"):
    assert not hasattr(aws.ec2, name)
assert aws.lb.TargetGroupHealthCheckArgs.__name__ == "TargetGroupHealthCheckArgs"
assert aws.lb.outputs.TargetGroupHealthCheck.__name__ == "TargetGroupHealthCheck"
assert aws.s3.outputs.BucketServerSideEncryptionConfiguration is not aws.s3.BucketServerSideEncryptionConfiguration
assert issubclass(aws.s3.BucketServerSideEncryptionConfiguration, aws.s3.Bucket.__base__)
assert aws.lb.get_target_group.__name__ == "get_target_group"
"""


def test_a_package_gives_every_name_and_loads_the_modules_in_use() -> None:
    """In a process of its own: this one has loaded the whole SDK."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_program_loads_nothing_of_what_it_does_not_create() -> None:
    """An annotation would: `cloudfront` alone takes a tenth of platform's time."""
    program = """
import sys
from conducky.evaluation.evaluate import evaluate
evaluate("platform")
print(sorted(name for name in sys.modules if name.startswith("pulumi_aws.") and name.endswith("._inputs")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    used = [f"pulumi_aws.{each}_inputs" for each in ("", "ec2.", "lb.", "rds.")]
    assert done.stdout == f"{used}\n", done.stderr
