"""Settings of stack dev as a test writes them."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from conducky.settings import Settings
from conducky.settings.offline import load_settings

S = TypeVar("S", bound=Settings)


def load(settings: type[S], config: Mapping[str, str], secret: Iterable[str] = ()) -> S:
    """Load them; keys without a namespace are the layer's own, those in `secret` are encrypted."""

    def full(key: str) -> str:
        return key if ":" in key else f"conducky-{settings.layer}:{key}"

    return load_settings(settings, "dev", {full(key): value for key, value in config.items()}, map(full, secret))
