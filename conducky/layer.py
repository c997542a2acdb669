"""How every layer's program begins."""

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import pulumi
import pulumi_aws as aws
from pulumi.runtime import register_stack_transformation

from conducky import environment
from conducky.deployed import refuse_to_move
from conducky.lazy_sdk import load_lazily
from conducky.naming import Names, tags
from conducky.settings import Settings

S = TypeVar("S", bound=Settings)

load_lazily()

# It has its API's; with tags of its own AWS asks for a right that it documents nowhere.
_UNTAGGED = {"aws:apigatewayv2/stage:Stage"}


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


def tag_everything(names: Names, layer: str) -> None:
    """Give every resource that takes tags the common ones, in the call that creates it.

    A resource's own tags win. Tagging at creation is what lets a policy demand the tags (`aws:RequestTag`).
    """
    common = tags(names, layer)

    def add(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        taggable = isinstance(getattr(type(args.resource), "tags", None), property)
        if args.type_ in _UNTAGGED or not (taggable and args.type_.startswith("aws:")):
            return pulumi.ResourceTransformationResult(args.props, args.opts)
        own = cast("dict[str, str]", args.props.get("tags") or {})
        return pulumi.ResourceTransformationResult({**args.props, "tags": {**common, **own}}, args.opts)

    register_stack_transformation(add)
