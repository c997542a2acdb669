"""Stack files as nobody should write them, and some that are right: the same ones in every run."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml
from pydantic.alias_generators import to_camel

from conducky.repository import LAYERS
from conducky.settings.schema import ALL_SETTINGS

_SEED = 20260201

# Whatever YAML can hold, and whatever a hurried person types.
_VALUES: Sequence[object] = (
    None, True, False, "", " ", "yes", "no", "null", "true", "TRUE", "0", "1", "-1", "007", "1e3", "1.5", "ten",
    0, 1, -1, 2, 7, 14, 20, 255, 256, 257, 512, 1024, 2048, 4096, 10**6, 10**30, -(10**30), 1.5, 1e300,
    float("nan"), float("inf"), [], ["a"], ["us-east-1a", "us-east-1b"], ["us-east-1a", "us-east-1a"], [1, [2, [3]]],
    '["us-east-1a","us-east-1b"]', '["us-east-1a"', "[" * 40, "{}", {}, {"a": {"b": [1, None]}}, {"secure": "v1:abc"},
    {"secure": "v1:abc", "more": 1}, "dedicated", "Shared", "http-api", "spot", "on-demand", "conducky",
    "Con-ducky", "aws", "x" * 40, "x" * 70_000, "Größe", "数据库", "\u202egnp.exe", "🦆", "a\nb", "a\tb", "\x1b[31mred",
    "`id`", "$(id)", "'; DROP TABLE reports; --", "db.t4g.micro", "db.t4g.huge", "http://example.com", "ftp://x",
    "https://example.com/", "https://a.example.com,https://b.example.com", "123456789012", "12345678901",
)  # fmt: skip

# Files that are no map of settings, or hardly one.
_TEXTS: Sequence[str | bytes] = (
    "", " \n", "---\n", "null\n", "~", "5\n", "text\n", "[]\n", "- a\n- b\n", "config:\n", "config: null\n",
    "config: []\n", "config: 5\n", "config: text\n", "config: {}\n", "settings: {}\n", "Config:\n  a: 1\n",
    "config:\n\ta: 1\n", "config: {a: 1\n", "config: 'open\n", "a: b: c\n", "config: *nobody\n", "%YAML 9.9\n---\n{}\n",
    "config: {}\n---\nconfig: {}\n", "config: !!python/object/apply:os.system ['true']\n", "config: !unknown {}\n",
    "config: {1: 2}\n", "config: {null: x}\n", "config: {true: y}\n", "config: {[1, 2]: x}\n", "config: {{a: 1}: x}\n",
    "config: {'': x}\n", "config: {':': x}\n", "config: {'conducky-LAYER:': x}\n", "config: {'a:b:c': x}\n",
    "config: {'conducky-LAYER:projectName:x': y}\n", "config: {'aws:region': eu-west-1}\n",
    "config: {'aws:profile': a}\n", "config: {a: 2026-02-30}\n", "config: {a: " + "9" * 5000 + "}\n",
    "config: {'projectName': a}\n", "config: {'conducky-LAYER:projectName': 2026-01-01}\n",
    "config: {'conducky-LAYER:projectName': [2026-01-01, 12:30:45]}\n",
    "config: {'conducky-LAYER:projectName': !!binary aGVsbG8=}\n",
    "config: {'conducky-LAYER:projectName': !!set {a, b}}\n",
    "x: &x [a]\nconfig: {'conducky-LAYER:projectName': [*x, *x]}\n", "config: &c {'conducky-LAYER:projectName': *c}\n",
    "encryptionsalt: v1:abc:def\n", "secretsprovider: passphrase\n", "encryptedkey: abc\nconfig: {}\n",
    "environment: [a]\n", "encryptionsalt: v1:abc:def\nconfig:\n  conducky-LAYER:projectName: conducky\n",
    "config:\n  # nothing yet\n", "config:\n  'conducky-LAYER:projectName': |-\n    conducky\n",
    "config: " + "[" * 500 + "\n", "config: " + "{a: " * 500 + "\n", "\ufeffconfig: {}\n",
    b"\xff\xfe\x00config", b"config: {a: \x80}\n", b"\x00\x01\x02", b'config: {a: "\\x07"}\n',
)  # fmt: skip


@dataclass(frozen=True)
class StackFile:
    """A file for one layer. `key` is what a refusal has to name, where one key is all that is odd."""

    layer: str
    content: bytes
    key: str | None = None


def stack_files(*, everything: bool) -> Iterator[StackFile]:
    """Texts that are no settings, and files with settings that chance has drawn; `everything` or about a tenth."""
    for number, layer in enumerate(LAYERS):
        for text in _TEXTS if everything else _TEXTS[number :: len(LAYERS)]:
            content = text if isinstance(text, bytes) else text.replace("LAYER", layer).encode()
            yield StackFile(layer, content)
    chance = random.Random(_SEED)  # noqa: S311 # the same in every run, on purpose
    for settings in ALL_SETTINGS:
        keys = [to_camel(name) for name in settings.model_fields]
        for number in range(300 if everything else 15):
            yield (_one_value, _misspelt, _several)[number % 3](chance, settings.layer, keys)


def _one_value(chance: random.Random, layer: str, keys: list[str]) -> StackFile:
    key = chance.choice(keys)
    return _file(layer, {f"conducky-{layer}:{key}": chance.choice(_VALUES)}, key)


def _misspelt(chance: random.Random, layer: str, keys: list[str]) -> StackFile:
    """A letter too few, too many or in another case, in the key or in the layer's name."""
    full = f"conducky-{layer}:{chance.choice(keys)}"
    place = chance.randrange(len(full))
    wrong = chance.choice(
        (
            full[:place] + full[place + 1 :],
            full[:place] + chance.choice("xé🦆 _-:") + full[place:],
            full[:place] + full[place:].swapcase(),
            full.replace("conducky-", "", 1),
            full.replace(layer, chance.choice(("", "platfrom", "services")), 1),
        )
    )
    return _file(layer, {wrong: chance.choice(_VALUES)})


def _several(chance: random.Random, layer: str, keys: list[str]) -> StackFile:
    """Some settings together, each perhaps right; sizes of Fargate tasks among them."""
    chosen = chance.sample(keys, min(len(keys), chance.randint(2, 5)))
    values: dict[str, object] = {f"conducky-{layer}:{key}": chance.choice(_VALUES) for key in chosen}
    if layer == "services":
        sizes = chance.choice((256, 512, 1024, 2048, 4096)), chance.choice((512, 1024, 3072, 8192, 30720))
        values = dict(zip((f"conducky-services:backend{name}" for name in ("Cpu", "Memory")), sizes, strict=True))
    return _file(layer, values)


def _file(layer: str, config: dict[str, object], key: str | None = None) -> StackFile:
    return StackFile(layer, yaml.safe_dump({"config": config}, allow_unicode=True).encode(), key)
