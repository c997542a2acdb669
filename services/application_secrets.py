"""The secrets of the applications, as encrypted SSM parameters that tasks read when they start."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from conducky.environment import APPLICATION_SECRETS, variable
from conducky.errors import UserError
from conducky.naming import Names
from conducky.secret_values import how_to_export, problem_with
from conducky.settings.errors import config_command
from conducky.settings.services import ServicesSettings

Values = Mapping[str, Mapping[str, str]]  # by application and name

# What the parameters of the sample's two say in AWS.
_DESCRIPTIONS = {"JWT_SECRET": "Signs the backend's tokens", "SESSION_SECRET": "Signs the backend's session cookies"}


@dataclass(frozen=True)
class SecretParameter:
    """A parameter that a task may name. The version is not secret; a new one must start new tasks."""

    arn: pulumi.Output[str]
    version: pulumi.Output[int]


def secret_values(settings: ServicesSettings) -> Values:
    """Each secret from its environment variable; the sample's two else from the stack's secret setting.

    Raises:
        UserError: when there is neither, or SSM would refuse it, or one of the sample's two is too short.
    """
    stored = {"JWT_SECRET": settings.jwt_secret, "SESSION_SECRET": settings.session_secret}
    return {
        application: {
            name: _checked(
                name, variable(name) or (setting.get_secret_value() if (setting := stored.get(name)) else None)
            )
            for name in names
        }
        for application, names in (("backend", settings.backend.secrets), ("frontend", settings.frontend.secrets))
    }


def _checked(name: str, value: str | None) -> str:
    fix = f"run {how_to_export(name)}"
    if value is None:
        setting = APPLICATION_SECRETS.get(name)
        raise UserError(
            f"{name} is missing",
            f"{fix}, or {config_command('services', f'set --secret {setting}')}" if setting else fix,
        )
    if problem := problem_with(name, value):
        raise UserError(problem, fix)
    return value


@dataclass(frozen=True)
class ApplicationSecretsArgs:
    """The values, already checked."""

    names: Names
    values: Values


class ApplicationSecrets(pulumi.ComponentResource):
    """The secrets as SecureStrings, by application and name; each application has its own."""

    parameters: dict[str, dict[str, SecretParameter]]

    def __init__(self, name: str, args: ApplicationSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("conducky:services:ApplicationSecrets", name, None, opts)
        self.parameters = {
            application: {
                variable_name: self._parameter(args.names, application, variable_name, value)
                for variable_name, value in values.items()
            }
            for application, values in args.values.items()
        }
        self.register_outputs({})

    def _parameter(self, names: Names, application: str, variable_name: str, value: str) -> SecretParameter:
        parameter = aws.ssm.Parameter(
            f"{application}-{variable_name}",
            name=names.parameter(application, variable_name),
            description=_DESCRIPTIONS.get(variable_name, f"{variable_name} of the {application}"),
            type="SecureString",
            value=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return SecretParameter(arn=parameter.arn, version=parameter.version)
