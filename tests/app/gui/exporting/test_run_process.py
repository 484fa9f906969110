"""The export as a child process: real runs, and children that misbehave."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from app.cli.main import run as run_command_line
from app.gui.exporting.advice import for_window
from app.gui.exporting.run_process import RunProcess
from app.gui.exporting.run_spec import RunSpec, command, environment, export_folder, recipe_file
from sim.core.errors import InputError
from sim.recipe.toml import save_recipe

pytestmark = pytest.mark.gui


def digest(directory: Path) -> str:
    return json.loads((directory / "dataset.json").read_text())["content_sha256"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, small_recipe) -> dict[int, str]:
    """Digests that the command line gives, in this process."""
    found = {}
    for images in (8, 120):
        folder = tmp_path_factory.mktemp("unbroken")
        save_recipe(small_recipe(images), folder / "recipe.toml")
        assert run_command_line(["run", str(folder / "recipe.toml"), "--output", str(folder / "made")]) == 0
        found[images] = digest(folder / "made")
    return found


def until_images(qtbot, process: RunProcess, least: int) -> None:
    """Until the child has reported so many images."""
    with qtbot.waitSignal(
        process.progressed, timeout=60_000, check_params_cb=lambda done, total: done >= least
    ):
        pass


def until_paused(qtbot, process: RunProcess) -> None:
    """Ask for a pause and wait for it."""
    paused = lambda state: state == "paused"  # noqa: E731
    with qtbot.waitSignal(process.state_changed, timeout=10_000, check_params_cb=paused):
        process.pause()
        assert process.state == "pausing"


def test_the_whole_chain_and_the_digest_of_the_command_line(process, ended, tmp_path, unbroken, small_recipe):
    """Run, other formats, contact sheet, verification; the folder has a space in its name."""
    output = tmp_path / "my data"
    spec = RunSpec(small_recipe(), output, workers=2, formats=("npy", "coco"), scale="standardise",
                   contact_sheet=True, verify_after=True)  # fmt: skip
    titles: list[str] = []
    process.step_begun.connect(titles.append)
    outcome = ended(process, lambda: process.start(spec))
    assert outcome.state == "finished" and process.state == "finished" and not outcome.resumable
    assert outcome.content_sha256 == digest(output) == unbroken[8]
    assert outcome.images == 8 and outcome.sound is True and outcome.problems == ()
    assert titles == ["Rendering", "Writing other formats", "Drawing the contact sheet", "Verifying"]
    assert outcome.export == tmp_path / "my data_export"
    assert json.loads((outcome.export / "export.json").read_text())["formats"] == ["npy", "coco"]
    assert json.loads((outcome.export / "export.json").read_text())["scale"] == "standardise"
    assert (tmp_path / "my data.png").read_bytes().startswith(b"\x89PNG")
    assert not recipe_file(output).exists()


def test_a_foreign_app_package_in_the_current_folder_is_not_started(
    process, ended, tmp_path, monkeypatch, small_recipe
):
    foreign = tmp_path / "here"
    (foreign / "app").mkdir(parents=True)
    for name in ("__init__", "__main__"):
        (foreign / "app" / f"{name}.py").write_text("raise SystemExit('the foreign app was started')")
    monkeypatch.chdir(foreign)
    monkeypatch.setenv("PYTHONPATH", str(foreign))
    outcome = ended(process, lambda: process.start(RunSpec(small_recipe(4), tmp_path / "made")))
    assert outcome.state == "finished", outcome.message


def test_pause_cancel_and_resume_to_the_same_digest(qtbot, process, ended, tmp_path, unbroken, small_recipe):
    """A pause stops the work, cancel takes less than two seconds, finished shards stay as they are."""
    output = tmp_path / "made"
    process.start(RunSpec(small_recipe(120), output))
    until_images(qtbot, process, 4)
    until_paused(qtbot, process)
    before = len(list((output / "shards").glob("*.h5")))
    qtbot.wait(400)
    assert len(list((output / "shards").glob("*.h5"))) == before < 30
    process.resume()
    until_images(qtbot, process, 8)
    begun = time.monotonic()
    outcome = ended(process, process.cancel)
    assert time.monotonic() - begun < 2.0
    assert outcome.state == "cancelled" and outcome.resumable
    assert not (output / "dataset.json").exists()
    assert not list(output.rglob("*.tmp"))
    shards = {path: path.stat().st_mtime_ns for path in (output / "shards").glob("*.h5")}
    assert 0 < len(shards) < 30
    again = ended(process, process.resume_chain)
    assert again.state == "finished"
    assert again.content_sha256 == digest(output) == unbroken[120]
    assert {path: path.stat().st_mtime_ns for path in shards} == shards


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.slow
def test_a_killed_child_leaves_a_run_that_can_be_resumed(
    qtbot, process, ended, tmp_path, unbroken, small_recipe
):
    output = tmp_path / "made"
    process.start(RunSpec(small_recipe(120), output))
    until_images(qtbot, process, 8)
    outcome = ended(process, lambda: os.kill(process.process_id(), signal.SIGKILL))
    assert outcome.state == "failed" and outcome.resumable
    assert "died (signal 9)" in outcome.message and "kept" in outcome.message
    again = ended(process, process.resume_chain)
    assert again.state == "finished" and again.content_sha256 == unbroken[120]


def test_a_paused_run_can_be_cancelled(qtbot, process, ended, tmp_path, small_recipe):
    process.start(RunSpec(small_recipe(120), tmp_path / "made"))
    until_images(qtbot, process, 4)
    until_paused(qtbot, process)
    assert ended(process, process.cancel).state == "cancelled"


def test_a_refusal_of_the_command_line_is_its_own_sentence(process, ended, tmp_path, small_recipe):
    """Nothing begun: the sentence names the folder and what is in it."""
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.txt").write_text("mine")
    outcome = ended(process, lambda: process.start(RunSpec(small_recipe(), tmp_path / "made")))
    assert outcome.state == "failed"
    assert "thesis.txt" in outcome.message and str(tmp_path / "made") in outcome.message
    assert (tmp_path / "made" / "thesis.txt").read_text() == "mine"


def test_a_refusal_is_in_the_words_of_the_window(process, ended, tmp_path, small_recipe):
    spec = RunSpec(small_recipe(), tmp_path / "made")
    assert ended(process, lambda: process.start(spec)).state == "finished"
    said: list[str] = []
    process.logged.connect(said.append)
    outcome = ended(process, lambda: process.start(spec))
    assert outcome.state == "failed" and "already holds a dataset" in outcome.message
    assert "replace it in the export dialog" in outcome.message
    assert "--" not in outcome.message and "--" not in "\n".join(said)


def test_every_advice_that_names_an_option_has_words_of_its_own(repository):
    """What the engine says of its options is known here."""
    named = re.compile(r"\w[\w ]*--(?:overwrite|resume)")
    found = [
        match
        for path in (repository / "sim" / "dataset").rglob("*.py")
        for match in named.findall(path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 5
    assert not [sentence for sentence in found if "--" in for_window(sentence)]


def test_a_verification_tells_differences(process, ended, tmp_path, small_recipe):
    output = tmp_path / "made"
    ended(process, lambda: process.start(RunSpec(small_recipe(), output)))
    with (output / "shards" / "000001.h5").open("r+b") as stream:
        stream.seek(-40, os.SEEK_END)
        stream.write(b"overwritten")
    outcome = ended(process, lambda: process.verify(output))
    assert outcome.state == "finished" and outcome.sound is False and outcome.spec is None
    assert any("000001.h5" in problem for problem in outcome.problems)


@pytest.mark.slow
def test_replacing_a_dataset_that_was_interrupted_goes_on(qtbot, process, ended, tmp_path, small_recipe):
    output = tmp_path / "made"
    ended(process, lambda: process.start(RunSpec(small_recipe(), output)))
    old = digest(output)
    process.start(RunSpec(small_recipe(60, seed=7), output, overwrite=True))
    until_images(qtbot, process, 8)
    assert ended(process, process.cancel).state == "cancelled"
    assert digest(output) == old
    outcome = ended(process, process.resume_chain)
    assert outcome.state == "finished" and outcome.images == 60 and digest(output) == outcome.content_sha256


# --- children that misbehave -----------------------------------------------------------------


def test_foreign_text_goes_to_the_log_and_pieces_become_events(qtbot, script, ended, tmp_path, small_recipe):
    process = RunProcess(command_of=script(
        "out = sys.stdout.buffer\n"
        "def put(data):\n    out.write(data); out.flush(); time.sleep(0.05)\n"
        'put(b"a library says \\xff\\xfe hello\\n[1, 2]\\n")\n'
        'put(b\'{"version": 1, "event": "progr\')\n'
        'put(b\'ess", "done": 3, "total": 9}\\n{"event": 5}\\n\')\n'
        'put(b\'{"version": 99, "event": "finished"}\\n{"version": 1, "event": "progress"}\\n\')\n'
        'put(b"{" * 5000 + b"\\n")\n'
        'put(b\'{"version": 1, "event": "finished", "images": 9, "content_sha256": "abc"}\')\n'
    ))  # fmt: skip
    counts, lines = [], []
    process.progressed.connect(lambda done, total: counts.append((done, total)))
    process.logged.connect(lines.append)
    outcome = ended(process, lambda: process.start(RunSpec(small_recipe(), tmp_path / "made")))
    process.close()
    assert outcome.state == "finished" and outcome.content_sha256 == "abc" and outcome.images == 9
    assert counts == [(3, 9)]
    assert any("a library says" in line for line in lines) and "[1, 2]" in lines
    assert any('"version": 99' in line for line in lines)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit(0)", "code 0 and said nothing"),
        ("sys.exit('nanophantom: out of luck')", "out of luck"),
        ('print(json.dumps({"version": 1, "event": "error", "message": "no room"})); sys.exit(2)', "no room"),
    ],
)
def test_an_end_without_a_result_is_a_failure_in_a_sentence(
    script, ended, qtbot, tmp_path, code, words, small_recipe
):
    process = RunProcess(command_of=script(code))
    outcome = ended(process, lambda: process.start(RunSpec(small_recipe(), tmp_path / "made")))
    process.close()
    assert outcome.state == "failed" and words in outcome.message


def test_a_child_that_cannot_be_started(ended, qtbot, tmp_path, small_recipe):
    process = RunProcess(command_of=lambda words: (str(tmp_path / "nothing"), words))
    outcome = ended(process, lambda: process.start(RunSpec(small_recipe(), tmp_path / "made")))
    process.close()
    assert outcome.state == "failed" and "could not be started" in outcome.message


def test_a_child_that_does_not_stop_is_killed(script, ended, qtbot, tmp_path, monkeypatch, small_recipe):
    monkeypatch.setattr("app.gui.exporting.run_process.PATIENCE", 0.3)
    process = RunProcess(command_of=script(
        'print(json.dumps({"version": 1, "event": "progress", "done": 1, "total": 9}), flush=True)\n'
        "time.sleep(60)"
    ))  # fmt: skip
    with qtbot.waitSignal(process.progressed, timeout=20_000):
        process.start(RunSpec(small_recipe(), tmp_path / "made"))
    outcome = ended(process, process.cancel, timeout=5000)
    process.close()
    assert outcome.state == "cancelled"


def test_closing_ends_a_child_that_does_not_listen(script, qtbot, tmp_path, small_recipe):
    process = RunProcess(command_of=script(
        'print(json.dumps({"version": 1, "event": "progress", "done": 1, "total": 9}), flush=True)\n'
        "time.sleep(60)"
    ))  # fmt: skip
    with qtbot.waitSignal(process.progressed, timeout=20_000):
        process.start(RunSpec(small_recipe(), tmp_path / "made"))
    child = process.process_id()
    begun = time.monotonic()
    process.close(0.3)
    assert time.monotonic() - begun < 3.0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_second_run_is_refused_with_a_sentence(script, qtbot, tmp_path, small_recipe):
    process = RunProcess(command_of=script("time.sleep(60)"))
    process.start(RunSpec(small_recipe(), tmp_path / "made"))
    with pytest.raises(InputError, match="another export is going on; wait"):
        process.start(RunSpec(small_recipe(), tmp_path / "other"))
    process.close(0.2)


# --- the command lines -----------------------------------------------------------------------


def test_the_recipe_is_not_in_the_current_folder(tmp_path, monkeypatch, small_recipe):
    words = RunSpec(small_recipe(), tmp_path / "made").steps()[0].arguments()
    assert words[0] == "run" and Path(words[1]).is_absolute() and Path(words[1]).suffix == ".toml"
    program, arguments = command(words)
    assert program == sys.executable and arguments[:3] == ["-P", "-m", "app"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nanophantom"))
    program, arguments = command(words)
    assert Path(program).parent == tmp_path and arguments == words and program != sys.executable


def test_our_packages_come_first_in_the_childs_environment(repository):
    found = environment({"PYTHONPATH": "elsewhere", "HOME": "kept"})
    assert found["PYTHONPATH"].split(os.pathsep) == [str(repository), "elsewhere"]
    assert found["HOME"] == "kept"


def test_other_formats_go_to_a_folder_that_is_new_or_empty(tmp_path):
    dataset = tmp_path / "made"
    assert export_folder(dataset).name == "made_export"
    (tmp_path / "made_export").mkdir()
    assert export_folder(dataset).name == "made_export"
    (tmp_path / "made_export" / "notes.txt").write_text("mine")
    assert export_folder(dataset).name == "made_export_2"
