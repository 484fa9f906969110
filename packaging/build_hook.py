"""Bakes the git tag into what is built, without writing into the source tree.

An installed copy has no repository to ask, and a dataset must say which code made it.  Wheels and
source archives therefore carry ``sim/core/_build.py``; a checkout has none and calls itself untagged.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BAKED = "sim/core/_build.py"


def git_tag(root: str) -> str:
    """Tag of the checkout as ``git describe`` words it; ``untagged`` where there is none.

    ``v0.1.0`` is that tag exactly, ``v0.1.0-3-gabc1234`` three commits later, ``-dirty`` means
    that files were changed on top of it.
    """
    if not (Path(root) / ".git").exists():
        return "untagged"
    try:
        answer = subprocess.run(
            ["git", "-C", root, "describe", "--tags", "--dirty"],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "untagged"
    return answer.stdout.strip() or "untagged"


class GitTagHook(BuildHookInterface):
    """Adds the generated module to wheels and source archives."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable install is the checkout itself; a source archive already carries the module.
        if version == "editable" or (Path(self.root) / BAKED).exists():
            return
        self.folder = tempfile.TemporaryDirectory(prefix="nanophantom-build-")
        baked = Path(self.folder.name) / "_build.py"
        baked.write_text(f'"""Written when this copy was built."""\n\nGIT_TAG = {git_tag(self.root)!r}\n')
        build_data["force_include"][str(baked)] = BAKED

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        folder = getattr(self, "folder", None)
        if folder is not None:
            folder.cleanup()
