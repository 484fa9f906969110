"""The question whether OpenGL works is asked in another process, and every way it can end has an answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.structure import probe as probing
from app.gui.structure.probe import MARK, Probe, is_software, probe_environment, probe_opengl, understand
from app.gui.structure.probe_runner import ProbeRunner

pytestmark = pytest.mark.gui


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer of another test is remembered."""
    monkeypatch.setattr(probing, "_known", {})


def child(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def printed(renderer: str, reason: str = "") -> bytes:
    tree = {"ok": not reason, "renderer": renderer, "version": "4.6", "reason": reason}
    return f"a driver's remark\n{MARK}{json.dumps(tree)}\n".encode()


def asked(qtbot: QtBot, runner: ProbeRunner) -> Probe:
    with qtbot.waitSignal(runner.finished, timeout=20_000) as signal:
        runner.start()
    assert not runner.running
    answer = signal.args[0]
    assert isinstance(answer, Probe)
    return answer


@pytest.mark.parametrize(
    "renderer, software",
    [
        ("llvmpipe (LLVM 15.0.6, 256 bits)", True),
        ("softpipe", True),
        ("Google SwiftShader", True),
        ("Microsoft Basic Render Driver", True),
        ("GDI Generic", True),
        ("NVIDIA GeForce RTX 4070/PCIe/SSE2", False),
        ("Mesa Intel(R) UHD Graphics 620 (KBL GT2)", False),
        ("AMD Radeon RX 6800 (radeonsi, navi21, LLVM 15.0.7)", False),
    ],
)
def test_software_is_told_from_hardware(renderer: str, software: bool) -> None:
    """A driver for a graphics processor may name LLVM, too."""
    assert is_software(renderer) == software
    probe = understand(printed(renderer), 0)
    assert probe.ok and probe.software == software and probe.hardware != software


def test_an_answer_is_found_among_a_drivers_remarks() -> None:
    assert understand(printed("softpipe", "no shaders"), 0) == Probe(
        False, "softpipe", True, "4.6", "no shaders"
    )


@pytest.mark.parametrize("output", [b"", b"\xff\xfe", MARK.encode() + b"{", MARK.encode() + b"[1]"])
def test_no_answer_is_an_answer(output: bytes) -> None:
    assert understand(output, 0) == Probe(False, reason="the test of OpenGL gave no answer")
    assert "code -11" in understand(output, -11).reason


def test_a_driver_that_ends_its_process_leaves_this_one_alive(qtbot: QtBot) -> None:
    runner = ProbeRunner(command=child("import os; os.abort()"))
    answer = asked(qtbot, runner)
    assert not answer.ok and "ended the test" in answer.reason


def test_a_driver_that_hangs_is_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    number = tmp_path / "pid"
    code = f"import os, time; open({str(number)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    answer = asked(qtbot, ProbeRunner(command=child(code), timeout=1.0))
    assert not answer.ok and "within 1 s" in answer.reason
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_a_program_that_is_not_there_is_an_answer(qtbot: QtBot) -> None:
    answer = asked(qtbot, ProbeRunner(command=["/no/such/program"]))
    assert not answer.ok and "could not be started" in answer.reason


def test_stopping_ends_the_process_and_brings_no_answer(qtbot: QtBot, tmp_path: Path) -> None:
    number = tmp_path / "pid"
    code = f"import os, time; open({str(number)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    runner = ProbeRunner(command=child(code))
    answers: list[object] = []
    runner.finished.connect(answers.append)
    runner.start()
    qtbot.waitUntil(lambda: number.exists() and number.read_text() != "", timeout=10_000)
    runner.stop()
    assert not runner.running
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    qtbot.wait(50)
    assert answers == []


def test_offscreen_is_never_asked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offscreen there is no OpenGL, and where there is a display asking for it ends the process."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert not probe_opengl("offscreen").ok
    if not os.environ.get("NANOPHANTOM_TEST_DISPLAY"):
        monkeypatch.setattr("app.gui.structure.probe_runner.probe_command", refuse)
        assert "offscreen" in asked(qtbot, ProbeRunner()).reason


def test_an_answer_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 0, printed("softpipe"), b"")

    monkeypatch.setattr(subprocess, "run", run)
    assert probe_opengl("xcb") == probe_opengl("xcb")
    assert len(started) == 1


def test_the_process_imports_this_program_wherever_it_stands(tmp_path: Path) -> None:
    """A foreign package named ``app`` in the working folder or on PYTHONPATH does not come first."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    environment = probe_environment("offscreen", {**os.environ, "PYTHONPATH": str(tmp_path)})
    command = [sys.executable, "-P", "-c", "import app.gui.structure.probe as p; print(p.__file__)"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == Path(probing.__file__)
