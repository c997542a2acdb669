"""Where calls are made from, and what else is registered there."""

from collections.abc import Sequence
from dataclasses import dataclass

from conducky.evaluation.evaluate import Resource
from conducky.naming import Place


@dataclass(frozen=True)
class Caller:
    """Who calls, where, and what else is registered."""

    principal: str
    place: Place
    resources: tuple[Resource, ...]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource in the stack's region and account."""
        return self.place.arn(service, resource)

    def find(self, token: str, **outputs: object) -> Resource:
        """The resource of a type with these outputs.

        Raises:
            LookupError: there is none.
        """
        for resource in self.resources:
            if resource.type == token and all(resource.outputs.get(key) == value for key, value in outputs.items()):
                return resource
        raise LookupError(f"no {token} with {outputs}")

    def security_group(self, ident: str) -> Resource:
        """The group of that id."""
        return self.find("aws:ec2/securityGroup:SecurityGroup", arn=self.arn("ec2", f"security-group/{ident}"))


def request_tags(resource: Resource) -> dict[str, str | Sequence[str]]:
    """The condition keys of a call that sets a resource's tags."""
    tags = _tags_of(resource)
    return {**{f"aws:RequestTag/{key}": value for key, value in tags.items()}, "aws:TagKeys": sorted(tags)}


def resource_tags(resource: Resource) -> dict[str, str | Sequence[str]]:
    """The condition keys of a call on a resource that has its tags."""
    return {f"aws:ResourceTag/{key}": value for key, value in _tags_of(resource).items()}


def _tags_of(resource: Resource) -> dict[str, str]:
    return resource.inputs.get("tags", {})
