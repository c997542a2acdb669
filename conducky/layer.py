"""How every layer's program begins."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import pulumi
import pulumi_aws as aws

from conducky import environment
from conducky.deployed import refuse_to_move
from conducky.lazy_sdk import load_lazily
from conducky.naming import Names, tag_everything
from conducky.settings import Settings

S = TypeVar("S", bound=Settings)

load_lazily()


@dataclass(frozen=True)
class Layer(Generic[S]):
    """What a program knows before it creates anything: its settings, and where it deploys to."""

    settings: S
    names: Names
    region: str
    account_id: str


def begin(settings_type: type[S]) -> Layer[S]:
    """Check settings, region and account (UserError where one is wrong), and tag everything created afterwards."""
    settings = settings_type.load()
    names = Names(project=settings.project_name, stack=pulumi.get_stack())
    region = environment.region()
    settings.refuse_another_region(names.stack, region)
    refuse_to_move(settings_type.layer, names.prefix, region)
    account_id = aws.get_caller_identity().account_id
    settings.refuse_another_account(names.stack, account_id)
    tag_everything(names, settings_type.layer)
    return Layer(settings, names, region, account_id)
