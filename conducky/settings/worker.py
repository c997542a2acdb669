"""The worker: a service without an entrance, for queues and scheduled work; the setting `worker` of `services`."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from conducky.errors import UserError
from conducky.settings.application import Backend, RepositoryPath, Variables, whole_command
from conducky.settings.values import FARGATE_SIZES, CpuUnits


class Worker(BaseModel):
    """What it runs. It has the backend's environment, secrets, database, permissions and ports in the internet."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, use_attribute_docstrings=True)

    command: Annotated[tuple[str, ...], AfterValidator(whole_command)] = Field(min_length=1)
    """The command to start: a list of words."""
    context: RepositoryPath | None = None
    """The folder that its own image is built from. Without it, it runs the backend's image."""
    dockerfile: RepositoryPath = "Dockerfile"
    """Its Dockerfile, relative to `context`."""
    target: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]+$")
    """The stage of the Dockerfile to build, if not the last."""
    build_args: Variables = {}
    """Build arguments. They stay readable in the image: no secrets."""
    variables: Variables = {}
    """Environment variables besides the backend's."""
    count: int = Field(default=1, ge=0, le=20)
    """How many tasks run."""
    cpu: CpuUnits = 256
    """CPU units of a task (1024 is one vCPU)."""
    memory: int = Field(default=512, ge=512, le=30720)
    """Memory of a task, in MiB."""

    @model_validator(mode="after")
    def _aws_can_build_and_run_it(self) -> Self:
        for name in ("dockerfile", "target", "build_args"):
            if name in self.model_fields_set and self.context is None:
                raise PydanticCustomError(
                    "no_context",
                    "has `{name}` without a `context`: without one it runs the backend's image",
                    {"name": to_camel(name)},
                )
        if self.memory not in (offered := FARGATE_SIZES[self.cpu]):
            raise PydanticCustomError(
                "no_such_size",
                "has `memory` {memory}, but with `cpu` {cpu} Fargate offers {smallest} to {largest} MiB",
                {"memory": self.memory, "cpu": self.cpu, "smallest": offered[0], "largest": offered[-1]},
            )
        return self

    def beside(self, backend: Backend) -> Backend:
        """The application that it is: the backend with this command, and its own image if it has one.

        Raises UserError where a variable of its own is one of the backend's secrets or addresses.
        """
        for taken in ("secrets", "addresses"):
            if twice := sorted({*self.variables} & {*getattr(backend, taken)}):
                raise UserError(
                    f"`worker.variables` has {twice[0]}, which the worker gets from `backend.{taken}`",
                    "give the variable another name in the stack file of services",
                )
        own = {"context": self.context, "dockerfile": self.dockerfile, "target": self.target}
        changed = {
            **(own | {"build_args": self.build_args, "build_addresses": {}} if self.context else {}),
            "command": self.command,
            "variables": {**backend.variables, **self.variables},
            "migrations": "none",
        }
        return backend.model_copy(update=changed)
