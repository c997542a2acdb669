from pathlib import Path

from tools.docs.effects import Effect, effects_table, read_effects, write_effects

CHANGES = {
    "platform": {"aws:rds/instance:Instance database": "update"},
    "services": {"aws:ecs/taskDefinition:TaskDefinition backend": "replace"},
}


def test_effects_are_read_as_they_were_written(tmp_path: Path) -> None:
    effects = {"dev": {"platform": {"size: 2": Effect(CHANGES), "name: x": Effect({}, "it is protected")}}}
    write_effects(tmp_path / "effects.json", effects)
    assert read_effects(tmp_path / "effects.json") == effects


def test_an_effect_in_words_names_the_other_layers() -> None:
    assert Effect(CHANGES).text("platform") == "updates Instance database; services: replaces TaskDefinition backend"
    assert Effect({}).text("platform") == "nothing"
    assert Effect({}, "it is protected").text("platform") == "refused: it is protected"


def test_the_table_names_stacks_only_if_they_differ(tmp_path: Path) -> None:
    same, other = Effect({}), Effect({"services": {"aws:ecs/service:Service backend": "update"}})
    effects = {
        "dev": {"services": {"a: 1": same, "(a | b)": same, "b: 2": other}},
        "prod": {"services": {"a: 1": same, "(a | b)": other}},
    }
    write_effects(tmp_path / "effects.json", effects)
    assert effects_table(tmp_path / "effects.json", "services").splitlines() == [
        "| Change | Effect of `up` |",
        "| --- | --- |",
        "| `a: 1` | nothing |",
        "| a \\| b | In dev: nothing. In prod: updates Service backend |",
        "| `b: 2` | In dev: updates Service backend |",
    ]
