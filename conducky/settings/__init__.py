"""The settings of each layer, from a stack's configuration or, outside a program, from its file."""

from conducky.settings.base import Settings
from conducky.settings.errors import config_command
from conducky.settings.offline import encrypted_keys, settings_of
from conducky.settings.schema import ALL_SETTINGS, BootstrapSettings, PlatformSettings
from conducky.settings.services import ServicesSettings
from conducky.settings.values import FARGATE_SIZES, LONGEST_START, ORIGIN, ORIGINS

__all__ = [
    "ALL_SETTINGS",
    "FARGATE_SIZES",
    "LONGEST_START",
    "ORIGIN",
    "ORIGINS",
    "BootstrapSettings",
    "PlatformSettings",
    "ServicesSettings",
    "Settings",
    "config_command",
    "encrypted_keys",
    "settings_of",
]
