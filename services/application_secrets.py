"""The secrets of the applications, as encrypted SSM parameters that tasks read when they start."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pydantic import SecretStr

from conducky.environment import LONGEST_SECRET, SHORTEST_SECRET, variable
from conducky.errors import UserError
from conducky.naming import Names
from conducky.settings.errors import config_command
from conducky.settings.schema import ServicesSettings


@dataclass(frozen=True)
class SecretParameter:
    """A parameter that a task may name. The version is not secret; a new one must start new tasks."""

    arn: pulumi.Output[str]
    version: pulumi.Output[int]


@dataclass(frozen=True)
class SecretValues:
    """The plain values, from where the deployment keeps them."""

    jwt_secret: str
    session_secret: str


def secret_values(settings: ServicesSettings) -> SecretValues:
    """Each secret from its environment variable, else from the stack's secret setting.

    Raises:
        UserError: when there is neither, or it is shorter than 32 or longer than 4,096 characters.
    """
    return SecretValues(
        jwt_secret=_value("JWT_SECRET", settings.jwt_secret, "jwtSecret"),
        session_secret=_value("SESSION_SECRET", settings.session_secret, "sessionSecret"),
    )


def _value(name: str, setting: SecretStr | None, setting_name: str) -> str:
    value = variable(name) or (setting.get_secret_value() if setting else None)
    fix = f'run `export {name}="$(openssl rand -hex 32)"`'
    if value is None:
        raise UserError(f"{name} is missing", f"{fix}, or {config_command('services', f'set --secret {setting_name}')}")
    if len(value) < SHORTEST_SECRET:
        raise UserError(f"{name} has {len(value)} characters and must have at least {SHORTEST_SECRET}", fix)
    if len(value) > LONGEST_SECRET:
        raise UserError(f"{name} has {len(value)} characters and may have at most {LONGEST_SECRET}", fix)
    return value


@dataclass(frozen=True)
class ApplicationSecretsArgs:
    """The values, already checked."""

    names: Names
    values: SecretValues


class ApplicationSecrets(pulumi.ComponentResource):
    """JWT_SECRET and SESSION_SECRET as SecureStrings."""

    jwt_secret: SecretParameter
    session_secret: SecretParameter

    def __init__(self, name: str, args: ApplicationSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ApplicationSecrets", name, None, opts)
        self.jwt_secret = self._parameter(
            args.names, "JWT_SECRET", args.values.jwt_secret, "Signs the backend's tokens"
        )
        self.session_secret = self._parameter(
            args.names, "SESSION_SECRET", args.values.session_secret, "Signs the backend's session cookies"
        )
        self.register_outputs({})

    def _parameter(self, names: Names, variable_name: str, value: str, description: str) -> SecretParameter:
        parameter = aws.ssm.Parameter(
            f"backend-{variable_name}",
            name=names.parameter("backend", variable_name),
            description=description,
            type="SecureString",
            value=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return SecretParameter(arn=parameter.arn, version=parameter.version)
