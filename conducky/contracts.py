"""What each layer promises the next: both ends of every StackReference.

A producer builds its contract and exports it; a consumer reads it back, type for type. If a layer is missing, or was
deployed by older code, the consumer stops with a one-line error before anything is created.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

import pulumi
from pulumi import Output
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from conducky.deployed import stack_name, stack_outputs
from conducky.errors import UserError, quoted
from conducky.naming import Names

Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:")]
ArnOrNone = Annotated[str, StringConstraints(pattern=r"^(arn:aws[a-z-]*:.*)?$")]  # blank: there is none
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^/]+$")]


T = TypeVar("T")


class MissingLayerError(UserError):
    """A layer that this one depends on is not deployed, or was deployed by older code."""


class Contract(BaseModel):
    """The outputs of one layer. Each field is an `Output` of the type that the consumer may rely on."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    layer: ClassVar[str]

    name_prefix: Output[str]
    region: Output[str]

    _values: Mapping[str, Any] = PrivateAttr(default_factory=dict[str, Any])

    @model_validator(mode="wrap")
    @classmethod
    def _complete(cls, values: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        """Name what a producer forgot."""
        try:
            return validate(values)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            field, what = problem["loc"][0], problem["msg"].lower()
            raise UserError(
                f"{cls.layer} does not export what its contract promises (`{field}`: {what})",
                f"correct the end of {cls.layer}/__main__.py or `{cls.__name__}` in conducky/contracts.py",
            ) from None

    def export(self) -> None:
        """Export every field as a stack output of the same name."""
        for name in type(self).model_fields:
            pulumi.export(name, getattr(self, name))

    @classmethod
    def read(cls, names: Names, region: str) -> Self:
        """The outputs of this layer's stack of the same name, checked before other resources are created.

        Raises MissingLayerError when the stack does not exist, lacks an output, holds one of another type, or was
        deployed under another project name or to another region.
        """
        stack = pulumi.get_stack()
        name = stack_name(cls.layer)
        fix = f"run `pulumi -C {cls.layer} up --stack {stack}` first"
        try:
            found = stack_outputs(cls.layer)
        except Exception as error:  # noqa: BLE001  # the SDK raises bare exceptions here
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise MissingLayerError(f"cannot read the outputs of {cls.layer}/{stack} ({reason})", fix) from None
        problem = cls.problem_in(found)
        if problem:
            raise MissingLayerError(f"{cls.layer}/{stack} {problem}", fix)
        if found["name_prefix"] != names.prefix:
            raise MissingLayerError(
                f"{cls.layer}/{stack} was deployed with the prefix {quoted(found['name_prefix'])}, but this layer uses "
                f"`{names.prefix}`",
                f"run `pulumi -C LAYER config set projectName NAME --stack {stack}` in each of the three layers, with "
                "the same name",
            )
        if found["region"] != region:
            raise MissingLayerError(
                f"{cls.layer}/{stack} is deployed to {quoted(found['region'])}, but AWS_REGION is {region}",
                f"run `export AWS_REGION={found['region']}`",
            )
        reference = pulumi.StackReference(name)
        # A whole number comes back from the engine as 3000.0; the adapter converts it back to the promised type.
        adapters = cls._adapters()
        contract = cls(
            **{
                field: reference.outputs.apply(
                    lambda found, read=adapter.validate_python, field=field: read(found[field])
                )
                for field, adapter in adapters.items()
            }
        )
        contract._values = {field: adapter.validate_python(found[field]) for field, adapter in adapters.items()}
        return contract

    def value(self, field: str) -> Any:  # noqa: ANN401
        """What was read in a field: for what a program has to know before it registers anything."""
        return self._values[field]

    @classmethod
    def problem_in(cls, found: Mapping[str, Any]) -> str | None:
        """What breaks the contract in these outputs, such as "exports no `vpc_id`"; None if nothing does."""
        for field, adapter in cls._adapters().items():
            if field not in found:
                return f"exports no `{field}`"
            try:
                adapter.validate_python(found[field], strict=False)
            except ValidationError as error:
                what = error.errors(include_url=False, include_input=False)[0]["msg"]
                return f"exports a wrong `{field}` ({what})"
        return None

    @classmethod
    @cache
    def _adapters(cls) -> dict[str, TypeAdapter[Any]]:
        """For each field, the check of a value that was read: the type inside `Output[…]`."""
        return {name: TypeAdapter(get_args(field.annotation)[0]) for name, field in cls.model_fields.items()}


class BootstrapOutputs(Contract):
    """What `bootstrap` promises: where images go, every role that services needs, and who may deploy.

    Three roles are the pipeline's: AWS_DEPLOY_ROLE_ARN, AWS_DESTROY_ROLE_ARN and AWS_PREVIEW_ROLE_ARN. The first and
    the last are optional.
    """

    layer: ClassVar[str] = "bootstrap"

    frontend_repository_url: Output[str]
    frontend_repository_arn: Output[Arn]
    backend_repository_url: Output[str]
    backend_repository_arn: Output[Arn]
    cache_repository_url: Output[str]
    frontend_execution_role_arn: Output[Arn]
    frontend_task_role_arn: Output[Arn]
    backend_execution_role_arn: Output[Arn]
    backend_task_role_arn: Output[Arn]
    scheduler_role_arn: Output[Arn]
    infrastructure_role_arn: Output[Arn]
    max_task_cpu: Output[int]  # CPU units
    is_protected: Output[bool]  # whether only `destroy_role_arn` and admins delete the stack's data
    destroy_role_arn: Output[Arn]
    deployer_arn: Output[Arn]
    deploy_role_arn: Output[ArnOrNone]
    preview_role_arn: Output[ArnOrNone]


class LoadBalancerEntrance(BaseModel):
    """A load balancer, or one for each application: the listeners that get the applications' rules."""

    kind: Literal["load-balancer"]
    frontend_listener_arn: Arn
    backend_listener_arn: Arn
    trusted_proxies: int  # that note who called, one after the other


class GatewayEntrance(BaseModel):
    """An HTTP API of API Gateway, the VPC link to the tasks, and the Cloud Map namespace that they register in."""

    kind: Literal["http-api"]
    api_id: str
    vpc_link_id: str
    namespace_id: str


Entrance = Annotated[LoadBalancerEntrance | GatewayEntrance, Field(discriminator="kind")]


class PlatformOutputs(Contract):
    """What `platform` promises: the network that the services join, their entry points and their database."""

    layer: ClassVar[str] = "platform"

    vpc_id: Output[str]
    subnet_ids: Output[list[str]]
    entrance: Output[Entrance]
    entrance_security_group_id: Output[str]  # of the load balancers, or of the VPC link
    schedule: Output[str]  # the setting; blank where tasks and database always run
    frontend_security_group_id: Output[str]
    frontend_url: Output[Url]
    backend_security_group_id: Output[str]
    backend_url: Output[Url]
    database_url_parameter_arn: Output[Arn]
    database_url_parameter_version: Output[int]
    database_identifier: Output[str]  # of the one in use
    database_instance_class: Output[str]
    database_storage_gib: Output[int]
    database_max_connections: Output[int]  # 0 where the size of its class is not known


class ServicesOutputs(Contract):
    """What `services` promises the people and commands that operate it."""

    layer: ClassVar[str] = "services"

    cluster_name: Output[str]
    frontend_service_name: Output[str]
    frontend_task_definition_arn: Output[Arn]
    frontend_release: Output[str]  # services' own: the trigger of the last release that succeeded
    frontend_image: Output[str]
    frontend_log_group: Output[str]
    frontend_url: Output[Url]
    backend_service_name: Output[str]
    backend_task_definition_arn: Output[Arn]
    backend_release: Output[str]  # services' own: the trigger of the last release that succeeded
    backend_image: Output[str]
    backend_log_group: Output[str]
    backend_url: Output[Url]
    worker_service_name: Output[str]  # these five are blank where there is no worker
    worker_task_definition_arn: Output[ArnOrNone]
    worker_release: Output[str]
    worker_image: Output[str]
    worker_log_group: Output[str]
    database_url_parameter_arn: Output[Arn]  # what the last release that succeeded reads


def as_output(value: T) -> Output[T]:
    """A value that is known already as an output, where a contract asks for one."""
    return Output.from_input(value)  # pyright: ignore[reportReturnType, reportUnknownVariableType, reportUnknownMemberType]
