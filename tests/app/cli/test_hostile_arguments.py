"""Closed streams, endless numbers, broken names: whatever is typed, one sentence and the right exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import run
from app.cli.options import typed, whole_number
from app.cli.output import print_table, save_picture
from app.cli.streams import printable, show
from sim.core.errors import InputError

ENDLESS = "1" * 5000
XYZ = "3\n\nAu 0 0 0\nAu 2.9 0 0\nAu 0 2.9 1.0\n"
SMALL = (
    "--images", "2", "--set", "image.width=16", "--set", "image.height=16", "--set", "image.pixel_size=1.0",
)  # fmt: skip
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX shell")


@pytest.fixture
def shell(repository: Path, tmp_path: Path):
    """Run a line of shell in an empty folder, with ``nanophantom`` standing for the program."""
    place = tmp_path / "place"
    place.mkdir()

    def call(line: str, **surroundings: str) -> subprocess.CompletedProcess[bytes]:
        function = f'nanophantom() {{ "{sys.executable}" -m app "$@"; }}\n'
        return subprocess.run(
            ["bash", "-c", function + line], cwd=place, capture_output=True, timeout=120,
            env={**os.environ, "PYTHONPATH": str(repository), **surroundings},
        )  # fmt: skip

    return call


def sentence(result, *words: str) -> str:
    """The one line of an ``invoke`` that was refused."""
    assert result.code == 2, result
    assert len(result.err.splitlines()) == 1, result.err
    assert len(result.err) < 600
    for word in words:
        assert word in result.err
    return result.err


# -- closed streams ---------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_neither_work_nor_exit_code(shell, closed):
    assert shell(f"nanophantom presets {closed}").returncode == 0
    refused = shell(f"nanophantom verify nothing {closed}")
    assert refused.returncode == 2
    assert b"Traceback" not in refused.stderr


@posix
def test_a_dataset_made_with_all_streams_closed_is_sound(shell):
    """No file of the dataset may get descriptor 0, 1 or 2, where libraries print."""
    made = shell(
        f"nanophantom run au55_four_classes --output made {' '.join(SMALL)} --workers 2 <&- >&- 2>&-\n"
        'echo "rc $?"; nanophantom verify made'
    )
    assert made.stdout.startswith(b"rc 0\n") and b"is sound" in made.stdout, made
    assert made.returncode == 0


@posix
def test_closed_descriptors_are_held(shell):
    """What a library prints to descriptor 2 must not reach the file that is opened next."""
    program = (
        "from app.cli.streams import open_streams; open_streams(); import os, sys; "
        "stream = open('opened', 'wb'); assert stream.fileno() > 2; os.write(2, b'x'); os.write(1, b'x'); "
        "assert os.read(0, 1) == b''; print('y'); print('y', file=sys.stderr); assert sys.stdin.read() == '';"
        " assert all(map(os.get_inheritable, range(3)))"
    )
    done = shell(f'{sys.executable} -c "{program}" <&- >&- 2>&- && cat opened')
    assert (done.returncode, done.stdout) == (0, b"")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_streams_that_cannot_be_written_to(shell):
    assert shell("nanophantom verify nothing 2> /dev/full").returncode == 2
    full = shell("nanophantom schema > /dev/full")
    assert (full.returncode, full.stderr) == (2, b"nanophantom: No space left on device\n")
    assert shell("nanophantom schema > /dev/full 2> /dev/full").returncode == 2


@posix
def test_a_reader_of_errors_that_leaves_early(shell):
    done = shell("(sleep 0.1; nanophantom schema nothing 2>&1; echo $? > code) | true; sleep 0.01; cat code")
    assert done.stderr == b""
    assert done.stdout == b"2\n"


@posix
def test_the_schema_through_head(shell):
    done = shell("set -o pipefail; nanophantom schema --json | head -1")
    assert done.returncode in (0, 141)  # 0: all of it fitted into the pipe before head ended
    assert (done.stdout, done.stderr) == (b"{\n", b"")


# -- numbers ----------------------------------------------------------------------------------------


@pytest.fixture
def structures(tmp_path: Path) -> Path:
    folder = tmp_path / "structures"
    folder.mkdir()
    (folder / "bent.xyz").write_text(XYZ)
    return folder


@pytest.mark.parametrize(
    "value", [ENDLESS, f"-{ENDLESS}", f"0.{ENDLESS}", f"1e{ENDLESS}", f"{ENDLESS}x{ENDLESS}"]
)
@pytest.mark.parametrize(
    "option",
    ["--sigma", "--alpha", "--pixel-size", "--seed", "--size", "--workers", "--images-per-structure"],
)
def test_numbers_of_five_thousand_digits(invoke, structures, tmp_path, option, value):
    result = invoke("generate", "--xyz-dir", structures, "--output", tmp_path / "made", option, value)
    assert f"nanophantom: {option} = " in sentence(result)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("run", "au55_four_classes", "--output", "x", "--images", ENDLESS),
        ("run", "au55_four_classes", "--output", "x", "--seed", ENDLESS),
        ("run", "au55_four_classes", "--output", "x", "--shards", f"0:{ENDLESS}"),
        ("run", "au55_four_classes", "--output", "x", "--workers", f"-{ENDLESS}"),
        ("render", "au55_four_classes", "-o", "x.npy", "--index", ENDLESS),
        ("contact-sheet", "x", "--examples", ENDLESS),
    ],
)
def test_other_endless_numbers(invoke, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    sentence(invoke(*words), words[-2])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["٣", "３", "0x3", "1_0", "1 0", "³", "0b1", "3.", "1e0"])
def test_whole_numbers_are_plain_decimal(value):
    with pytest.raises(InputError, match="not a whole number"):
        whole_number("--workers", value, 0, 100)


@pytest.mark.parametrize(("value", "number"), [("3", 3), ("+3", 3), (" 03 ", 3), ("-0", 0)])
def test_whole_numbers(value, number):
    assert whole_number("--workers", value, 0, 100) == number


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("42", 42), ("007", 7), ("-3", -3), ("+0.6", 0.6), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001),
        ("0x10", "0x10"), ("1_000", "1_000"), ("٣", "٣"), ("0,6", "0,6"), ("true", "true"), ("[1]", "[1]"),
    ],
)  # fmt: skip
def test_one_rule_for_the_numbers_of_options(value, expected):
    result = typed("--sigma", value)
    assert (type(result), result) == (type(expected), expected)


@pytest.mark.parametrize("value", ["0b11", "1_000", "٣"])
@pytest.mark.parametrize("option", ["--seed", "--workers", "--size", "--images-per-structure", "--sigma"])
def test_numbers_in_other_writings_are_refused(invoke, structures, tmp_path, option, value):
    result = invoke("generate", "--xyz-dir", structures, "--output", tmp_path / "made", option, value)
    sentence(result, option, value)


# -- words that argparse mistakes, empty words, broken bytes -------------------------------------------


@pytest.mark.parametrize(
    "option",
    ["--size", "--workers", "--images-per-structure", "--sigma", "--set", "--geometry", "--progress"],
)
def test_two_dashes_are_no_value(invoke, structures, tmp_path, option):
    result = invoke("generate", "--xyz-dir", structures, "--output", tmp_path / "made", f"{option}=--")
    sentence(result, f"{option}: is given no value")


@pytest.mark.parametrize("words", [("-o=--",), ("-o--",), ("-o", "--"), ("--resume=--",), ("--", "--", "--")])
def test_two_dashes_elsewhere(invoke, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    sentence(invoke("render", "au55_four_classes", "--index", "0", *words))


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("generate", "--xyz-dir", "there", "--output", ""), "--output"),
        (("generate", "--xyz-dir", "there", "--output="), "--output"),
        (("generate", "--xyz-dir", "", "--output", "x"), "--xyz-dir"),
        (("generate", "--xyz-dir", "there", "--output-dir", "x", "--geometry", ""), "--geometry"),
        (("generate", "--xyz-dir", "there", "--output", "x", "--name", ""), "--name"),
        (("generate", "--xyz-dir", "there", "--output", "x", "--sigma", ""), "--sigma"),
        (("demo", "--output", ""), "--output"),
        (("run", "", "--output", "x"), "RECIPE"),
        (("verify", ""), "DIR"),
        (("info", "--", ""), "DIR"),
        (("schema", ""), "PATH"),
        (("presets", ""), "NAME"),
        (("merge", "a", "", "--output", "x"), "PART"),
        (("contact-sheet", "x", "-o", ""), "-o"),
        (("render", "x", "--index", "0", "-o="), "-o"),
        (("",), "COMMAND"),
    ],
)
def test_empty_values_are_refused(invoke, tmp_path, monkeypatch, words, name):
    monkeypatch.chdir(tmp_path)
    sentence(invoke(*words), f"nanophantom: {name}: is empty")
    assert list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize(
    ("words", "name"),
    [
        (r"run au55_four_classes --output $'\xff'", "--output"),
        (r"run au55_four_classes --output=$'a\xe5'", "--output"),
        (r"run $'\xff' --output x", "RECIPE"),
        (r"generate --xyz-dir x --output y --name $'\xc3('", "--name"),
        (r"verify $'\xff'", "DIR"),
        (r"$'\xff'", "COMMAND"),
    ],
)
def test_bytes_that_are_no_text(shell, words, name):
    done = shell(f"nanophantom {words}", PYTHONUTF8="1")
    assert done.returncode == 2 and done.stdout == b""
    assert done.stderr.startswith(f"nanophantom: {name} = ".encode()) or name == "COMMAND"
    assert done.stderr.count(b"\n") == 1 and done.stderr.isascii()


@posix
def test_letters_that_the_locale_does_not_know(shell):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("nanophantom verify Å", **plain)
    assert done.returncode == 2 and b"set LC_ALL=C.UTF-8" in done.stderr


def test_long_words_are_cut(invoke):
    for words in (
        ("x" * 9000,),
        ("run", "x", "--output", "y", "z" * 9000),
        ("verify", "x", f"--{'y' * 9000}"),
    ):
        sentence(invoke(*words))


# -- places ------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "words",
    [
        ("generate", "--xyz-dir", "structures", "--output", "loop"),
        ("generate", "--xyz-dir", "loop", "--output", "x"),
        ("generate", "--xyz-dir", "structures", "--write-recipe", "loop"),
        ("run", "au55_four_classes", "--output", "loop", *SMALL),
        ("run", "au55_four_classes", "--output", "loop/in", *SMALL),
        ("run", "loop.toml", "--output", "x"),
        ("demo", "--output", "loop"),
        ("verify", "loop"),
        ("info", "loop/in"),
        ("merge", "loop", "--output", "x"),
        ("render", "au55_four_classes", "--index", "0", "-o", "loop.npy"),
        ("render", "au55_four_classes", "--index", "0", "-o", "loop/x.npy"),
    ],
)
def test_links_in_a_circle(invoke, structures, monkeypatch, words):
    monkeypatch.chdir(structures.parent)
    for name in ("loop", "loop.npy", "loop.toml"):
        Path(name).symlink_to(name)
    sentence(invoke(*words))
    assert all(Path(name).is_symlink() for name in ("loop", "loop.npy", "loop.toml"))


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="only here can the current folder be deleted")
@pytest.mark.slow
def test_a_deleted_current_folder(shell, structures, tmp_path):
    made = tmp_path / "made"
    gone = "mkdir gone; cd gone; rmdir ../gone; "
    few = f"--images-per-structure 1 --size 16 --write-recipe {tmp_path}/mine.toml"
    done = shell(f"{gone}nanophantom generate --xyz-dir {structures} --output {made} {few}")
    assert done.returncode == 0, done
    assert shell(f"{gone}nanophantom info {made}").returncode == 0
    for words in (
        "generate --xyz-dir structures --output x",
        f"generate --xyz-dir {structures} --output x",
        f"run {tmp_path}/mine.toml --output x",
        "demo",
        "verify made",
        "render au55_four_classes --index 0 -o x.npy",
        f"contact-sheet {made} -o x.png",
        f"export {made} --output x",
    ):
        done = shell(f"{gone}nanophantom {words}")
        assert done.returncode == 2, words
        assert b"the current folder no longer exists" in done.stderr, (words, done.stderr)
        assert done.stderr.count(b"nanophantom: ") == 1 and b"Traceback" not in done.stderr


@posix
@pytest.mark.parametrize("ending", ["npy", "tif", "png"])
def test_a_full_disk_is_named(shell, ending):
    """A limit on the size of files stands in for the disk; Python and its libraries see a short write."""
    done = shell(f"ulimit -f 1; nanophantom render au55_four_classes --index 0 -o x.{ending}; ls -A")
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be written (File too large)" in done.stderr
    assert done.stdout == b""  # neither a line about the image nor a part of its file


def test_a_picture_never_replaces_another_kind_of_file(tmp_path, monkeypatch):
    from PIL import Image

    picture = Image.new("L", (4, 4))
    save_picture(picture, tmp_path / "sheet.png")
    save_picture(picture, tmp_path / "sheet.png")
    (tmp_path / ".sheet.png.tmp").write_text("mine")
    (tmp_path / "notes.png").write_text("notes")
    (tmp_path / "folder.png").mkdir()
    save_picture(picture, tmp_path / "sheet.png")
    assert (tmp_path / ".sheet.png.tmp").read_text() == "mine"
    for name in ("notes.png", "folder.png"):
        with pytest.raises(InputError, match="is no picture"):
            save_picture(picture, tmp_path / name)
    assert (tmp_path / "notes.png").read_text() == "notes"
    with pytest.raises(InputError, match="No such file or directory"):
        save_picture(picture, tmp_path / "nowhere" / "x.png")
    assert sorted(os.listdir(tmp_path)) == [".sheet.png.tmp", "folder.png", "notes.png", "sheet.png"]


# -- events ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "parameter"),
    [
        (("run", "nothing", "--output", "x", "--progress", "json"), "recipe"),
        (("run", "au55_four_classes", "--output", "x", "--seed", "-1", "--progress=json"), "--seed"),
        (("run", "au55_four_classes", "--output", "x", "--workers", "0", "--progress", "json"), "--workers"),
        (("run", "au55_four_classes", "--outptu", "x", "--progress", "json"), None),
        (("generate", "--xyz-dir", "nowhere", "--output", "x", "--progress", "json"), "nowhere"),
        (("verify", "nowhere", "--progress", "json"), "nowhere"),
    ],
)
def test_an_input_error_is_one_event_and_one_sentence(invoke, tmp_path, monkeypatch, words, parameter):
    monkeypatch.chdir(tmp_path)
    result = invoke(*words)
    [event] = map(json.loads, result.out.splitlines())
    assert (event["event"], event["version"]) == ("error", 1)
    assert sentence(result) == f"nanophantom: {event['message']}\n"
    if parameter is not None:
        assert event["parameter"] == parameter


def test_no_event_is_written_for_people(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("run", "nothing", "--output", "x", "--progress", "none").out == ""


# -- text out of files --------------------------------------------------------------------------------


def test_control_characters_are_written_out(capsys):
    assert printable("Å 2 µm") == "Å 2 µm"
    assert printable("a\x1b[2Jb\r\x9b\u202e\n") == r"a\x1b[2Jb\r\x9b\u202e\n"
    print_table([("name\x1b]0;x\x07", "of two\nlines \x9b1m"), ("b", "c")])
    assert capsys.readouterr().out == "name\\x1b]0;x\\x07  of two lines \\x9b1m\nb                 c\n"


def test_documents_are_whole_in_a_pipe_and_harmless_on_a_terminal(capsys, monkeypatch):
    text = json.dumps({"name": "a\x9b1m\x7f\U000e0001"}, ensure_ascii=False, indent=1)
    show(text)
    assert capsys.readouterr().out == f"{text}\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(text)
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable() and "\\u009b1m\\u007f" in out


@posix
def test_names_of_files_cannot_steer_a_terminal(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a\x1b[2J\nb"
    sentence(invoke("verify", folder), r"\x1b[2J\nb")
    folder.mkdir()
    (folder / "c\x1b[3J.xyz").write_text("no structure")
    result = invoke("generate", "--xyz-dir", folder, "--output", "x")
    assert result.code == 2 and "\x1b" not in result.err
    made = tmp_path / "d\x1b[4J"
    result = invoke("run", "au55_four_classes", "--output", made, *SMALL)
    assert result.code == 0 and "\x1b" not in result.out + result.err


def test_what_a_dataset_says_of_itself_cannot_steer_a_terminal(invoke, tmp_path, monkeypatch):
    made = tmp_path / "made"
    assert run(["run", "au55_four_classes", "--output", str(made), *SMALL]) == 0
    document = json.loads((made / "dataset.json").read_text(encoding="utf-8"))
    document["name"] = "\x1b[2Jname"
    document["recipe"]["description"] = "one\n\x9b2J"
    (made / "dataset.json").write_text(json.dumps(document), encoding="utf-8")
    result = invoke("info", made)
    assert "\x1b" not in result.out + result.err and "\x9b" not in result.out + result.err
    result = invoke("verify", made)
    assert result.code == 1 and "\x1b" not in result.err


# -- sentences ---------------------------------------------------------------------------------------


def test_sentences_end_once(invoke):
    assert sentence(invoke("genrate")).endswith("did you mean 'generate'?\n")
    sentence(invoke("run", "au55_four_classes", "--output", "x", "--set", "vary.x.values=1"))
    assert "None" not in invoke("run", "au55_four_classes", "--output", "x", "--set", "vary.x.law=grid").err


def test_a_file_where_a_folder_is_meant(invoke, tmp_path):
    (tmp_path / "file").write_text("")
    assert "output" not in sentence(invoke("info", tmp_path / "file")).replace(str(tmp_path), "")
