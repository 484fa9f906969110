"""What every test relies on: no user's own files, no display, reproducible property tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from sim.core.threads import one_thread_each

# As every process of the program does, before numpy is imported.
one_thread_each()

# Before anything imports Qt: tests of the window draw offscreen, whatever display there is, except where
# the tests of OpenGL ask for one.
if not os.environ.get("NANOPHANTOM_TEST_DISPLAY"):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.pop("DISPLAY", None)
    os.environ.pop("WAYLAND_DISPLAY", None)

settings.register_profile(
    "nanophantom",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("nanophantom")

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program's own folders (cache, logs, configuration) lie in a temporary folder."""
    home = tmp_path_factory.mktemp("nanophantom-home")
    patch = pytest.MonkeyPatch()
    patch.setenv("NANOPHANTOM_HOME", str(home))
    patch.delenv("NANOPHANTOM_DEBUG", raising=False)
    yield home
    patch.undo()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that is tested."""
    return REPOSITORY
