"""What the stages of a Dockerfile are built on: names, variables, and the processor that they are always built for."""

from pathlib import Path

import pytest

from conducky.images.stages import base_of, stages_of


def write(folder: Path, text: str) -> Path:
    file = folder / "Dockerfile"
    file.write_text(text)
    return file


def test_the_last_stage_or_the_target_leads_to_an_image(tmp_path: Path) -> None:
    file = write(tmp_path, "FROM node:24 AS Deps\nFROM deps AS build\nFROM nginx\nFROM build\n")
    stages = stages_of(file)
    assert [*stages] == ["deps", "build", "2", "3"]
    found = {target: base_of(stages, target) for target in ("", "BUILD", "2", "0")}
    assert {target: base.image if base else None for target, base in found.items()} == {
        "": "node:24",
        "BUILD": "node:24",
        "2": "nginx",
        "0": "node:24",
    }


@pytest.mark.parametrize(
    ("text", "architecture"),
    [
        ("FROM node:24\n", None),
        ("FROM --platform=linux/amd64 node:24\n", "x86_64"),
        ("FROM --platform=linux/arm64/v8 node:24\n", "arm64"),
        ("from --PLATFORM=amd64 node:24\n", "x86_64"),
        ("FROM --platform=$TARGETPLATFORM node:24\n", None),
        ("FROM --platform=$BUILDPLATFORM node:24 AS build\nFROM node:24\n", None),
        ("FROM --platform=linux/amd64 node:24 AS build\nFROM node:24\nCOPY --from=build /a /a\n", None),
        ("FROM --platform=linux/amd64 node:24 AS base\nFROM node:24 AS build\nFROM base\n", "x86_64"),
        ("ARG WHERE=linux/amd64\nFROM --platform=${WHERE} node:24\n", "x86_64"),
        ("FROM --platform=${WHERE:-linux/amd64} node:24\n", "x86_64"),
        ("ARG BASE=amd64/node:24\nFROM $BASE\n", "x86_64"),
        ("FROM arm64v8/node:24\n", "arm64"),
        ("FROM amd64\n", None),
        ("FROM registry.example/amd64:1\n", None),
        ("FROM --platform=linux/riscv64 node:24\n", None),
        ("FROM --platform=linux/amd64 \\\n  node:24 \\\n  AS run\n", "x86_64"),
        ("# FROM --platform=linux/amd64 node:24\nFROM node:24\n", None),
    ],
)
def test_the_processor_that_an_image_is_always_built_for(tmp_path: Path, text: str, architecture: str | None) -> None:
    base = base_of(stages_of(write(tmp_path, text)))
    assert base
    assert base.architecture == architecture


def test_a_build_argument_wins_over_its_default(tmp_path: Path) -> None:
    file = write(tmp_path, "ARG WHERE=linux/amd64\nFROM --platform=$WHERE node:24\n")
    base = base_of(stages_of(file, {"WHERE": "linux/arm64"}))
    assert base
    assert (base.architecture, base.line, base.pinned) == ("arm64", 2, "--platform=linux/arm64")


@pytest.mark.parametrize("text", ["", "RUN true\n", "FROM a AS a\n", "FROM b AS a\nFROM a AS b\n"])
def test_nothing_and_circles_have_an_end(tmp_path: Path, text: str) -> None:
    base = base_of(stages_of(write(tmp_path, text)))
    assert base is None or base.architecture is None
