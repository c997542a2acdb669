"""What the settings of all layers share, and how they are read from the configuration of the current stack."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from conducky.errors import UserError
from conducky.settings.errors import (
    invalid_setting,
    plain_secret,
    region_in_stack_file,
    unknown_namespace,
    unknown_setting,
)

_PROVIDERS = frozenset({"aws", "pulumi", "random", "docker-build"})


class Settings(BaseModel):
    """The settings that every layer has."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_default=True, use_attribute_docstrings=True
    )

    layer: ClassVar[str]

    project_name: str = Field(default="conducky", pattern=r"^[a-z][a-z0-9]*$", examples=["conducky"])
    """The first word of every resource's name. It must be the same in all three layers, and cannot be changed while
    the stack is deployed."""
    account_id: str | None = Field(default=None, pattern=r"^[0-9]{12}$", examples=["123456789012"])
    """The AWS account that this stack belongs to. With another account's credentials, the program stops before it
    changes anything."""

    region: str | None = Field(default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$", examples=["us-east-1"])
    """The AWS region that this stack belongs to. With another AWS_REGION, the program stops before it changes
    anything; so it does for a stack that is deployed already."""

    @classmethod
    def load(cls) -> Self:
        """The settings of the program's stack. Raises UserError, with key and fix, when one is unknown or wrong."""
        # A program has pulumi; for a command it would be most of a second
        from pulumi.runtime.config import (  # noqa: PLC0415
            CONFIG,
            get_config_env,
            get_config_secret_keys_env,
            is_config_secret,
        )

        config = {**get_config_env(), **CONFIG.get()}
        return cls.read(config, {*get_config_secret_keys_env(), *filter(is_config_secret, config)})

    @classmethod
    def read(cls, config: Mapping[str, Any], encrypted: Collection[str], hidden: Collection[str] = ()) -> Self:
        """The settings by their full keys, of which these are `encrypted`. Raises UserError as `load`.

        Of `hidden` ones, which are encrypted and cannot be read here, only the names are checked.
        """
        own, known = f"conducky-{cls.layer}", [*map(to_camel, cls.model_fields)]
        values: dict[str, Any] = {}
        for key in (*config, *hidden):
            namespace, _, name = key.partition(":")
            if namespace == own and key in config:
                values[name] = config[key]
            elif namespace == own:
                if name not in known:
                    raise unknown_setting(cls.layer, known, name)
            elif key == "aws:region":
                raise region_in_stack_file(cls.layer)
            elif namespace not in _PROVIDERS:
                raise unknown_namespace(cls.layer, key)
        for name, field in cls.model_fields.items():
            key = to_camel(name)
            if "SecretStr" in str(field.annotation) and key in values and f"{own}:{key}" not in encrypted:
                raise plain_secret(cls.layer, key)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            secret_keys = [key for key in values if f"{own}:{key}" in encrypted]
            raise invalid_setting(cls.layer, cls, error, secret_keys) from None

    def refuse_another_region(self, stack: str, region: str) -> None:
        """Raise UserError when the setting `region` is set, and AWS_REGION is another one."""
        if self.region and self.region != region:
            raise UserError(
                f"AWS_REGION is {region}, but stack {stack} belongs to {self.region} (setting `region`)",
                f"run `export AWS_REGION={self.region}`",
            )

    def refuse_another_account(self, stack: str, account_id: str) -> None:
        """Raise UserError when the setting `accountId` is set, and the credentials are another account's."""
        if self.account_id and self.account_id != account_id:
            raise UserError(
                f"these AWS credentials belong to account {account_id}, but stack {stack} belongs to "
                f"{self.account_id} (setting `accountId`)",
                "run `export AWS_PROFILE=…` with a profile of that account",
            )
