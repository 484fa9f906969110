"""Running the command line, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.main import run


@dataclass(frozen=True)
class Result:
    """What a command line did."""

    code: int
    out: str
    err: str


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command line in this process."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(word) for word in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def start(repository: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start a command line in a process of its own."""

    def call(*arguments: object, **options: object) -> subprocess.Popen[str]:
        surroundings = {**os.environ, "PYTHONPATH": str(repository), **options.pop("env", {})}  # type: ignore[dict-item]
        return subprocess.Popen(
            [sys.executable, "-m", "app", *map(str, arguments)],
            stdin=options.pop("stdin", subprocess.DEVNULL), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=surroundings, text=True, encoding="utf-8", **options,
        )  # fmt: skip

    return call
