"""What AWS returns when it creates a resource: its id, and the outputs that it adds, mostly from templates."""

import hashlib
import secrets
import string
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from conducky.catalog.property_bag import Properties
from conducky.naming import Place


@dataclass(frozen=True)
class Made:
    """A resource that was created: its id, and the outputs that AWS adds to the inputs."""

    id: str
    outputs: Properties


Make: TypeAlias = Callable[[Properties, Place, str], Made]

SERVICE_ROLES = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "AWSServiceRoleForAPIGateway",
    "rds.amazonaws.com": "AWSServiceRoleForRDS",
    "vpcorigin.cloudfront.amazonaws.com": "AWSServiceRoleForCloudFrontVPCOrigin",
}
_PARTS: dict[str, Callable[[str], str]] = {
    "folder": lambda path: f"{path.strip('/')}/" if path.strip("/") else "",
    "given": str,
    "last": lambda arn: arn.rpartition("/")[2],
    "listener": lambda arn: arn.replace(":loadbalancer/", ":listener/", 1),
    "number": lambda name: str(int(digits(name, 8), 16)),
    "role": SERVICE_ROLES.__getitem__,
    "rooted": lambda name: f"/{name.removeprefix('/')}",
    "rule": lambda arn: arn.replace(":listener/", ":listener-rule/", 1),
    "upper": str.upper,
}


def digits(seed: str, length: int = 16) -> str:
    """Hexadecimal digits that depend on the seed only; AWS would choose them at random."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


class _Formatter(string.Formatter):
    """`{name}` is a value, `{name:16}` so many digits that depend on it, `{name:last}` one of `_PARTS` of it.

    A value that is missing has empty parts.
    """

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401, ARG002  # as in string
        return kwargs.get(str(key))

    def format_field(self, value: Any, format_spec: str) -> str:  # noqa: ANN401  # as in string
        text = "" if value is None and format_spec else str(value)
        if format_spec.isdecimal():
            return digits(text, int(format_spec))
        return _PARTS[format_spec](text) if format_spec else text


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with these values."""
    return _Formatter().vformat(template, (), values)


def from_templates(ident: str, arn: str, outputs: Mapping[str, Any]) -> Make:
    """Resources of this id, ARN (`service:resource`, or made of a whole one) and outputs, each known to those after it.

    The templates know the inputs, the `account`, the `region`, and the `seed` of what AWS would choose at random.
    Anything that is not a template is a default, for the program to override.
    """

    def make(inputs: Properties, place: Place, seed: str) -> Made:
        known: Properties = {**inputs, "region": place.region, "account": place.account_id, "seed": seed}
        if arn:
            found = filled(arn, known)
            known["arn"] = found if arn.startswith("{") else place.arn(*found.split(":", 1))
        for name, template in outputs.items():
            known[name] = filled(template, known) if isinstance(template, str) else known.get(name) or template
        made = {name: known[name] for name in (*(["arn"] if arn else []), *outputs)}
        return Made(filled(ident, known), made)

    return make


def certificate(inputs: Properties, place: Place, seed: str) -> Made:
    """A certificate of its own region, with the record for each name by which ACM sees whose it is."""
    there = Place(str(inputs.get("region") or place.region), place.account_id)
    arn = there.arn("acm", f"certificate/{uuid.UUID(digits(seed, 32))}")
    options = [
        {
            "domainName": name,
            "resourceRecordName": f"_{digits(name, 32)}.{name}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{digits(f'value of {name}', 32)}.acm-validations.aws.",
        }
        for name in (inputs["domainName"], *(inputs.get("subjectAlternativeNames") or ()))
    ]
    return Made(arn, {"arn": arn, "domainValidationOptions": options, "status": "PENDING_VALIDATION"})


def image(inputs: Properties, _place: Place, seed: str) -> Made:
    """An image; the handler that builds it returns the real digest."""
    digest = f"sha256:{digits(seed, 64)}"
    tag = (inputs.get("tags") or ["image"])[0]
    return Made(digest, {"digest": digest, "ref": f"{tag}@{digest}", "contextHash": digits(seed, 64)})


def password(inputs: Properties, _place: Place, _seed: str) -> Made:
    """A random password of letters and digits."""
    alphabet = string.ascii_letters + string.digits
    result = "".join(secrets.choice(alphabet) for _ in range(int(inputs.get("length") or 16)))
    return Made("none", {"result": result, "bcryptHash": "not-made-in-a-rehearsal"})


def random_id(inputs: Properties, _place: Place, _seed: str) -> Made:
    """Random bytes as hexadecimal and decimal numbers."""
    number = secrets.token_hex(int(inputs.get("byteLength") or 4))
    return Made(number, {"hex": number, "dec": str(int(number, 16))})
