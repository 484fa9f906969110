#!/usr/bin/env python3
"""Set Nanophantom up in a virtual environment of its own; run the demo or the tests.

    python3 packaging/bootstrap.py setup     set up (or bring up to date)
    python3 packaging/bootstrap.py demo      set up, then make a small dataset to look at
    python3 packaging/bootstrap.py test      set up with the developers' tools, then check and test

Standard library only.  Every command may be repeated and takes up where an interrupted one stopped.
Nothing is installed outside the virtual environment, except missing Debian or Ubuntu packages, named
before they are installed, and only for root or where sudo asks for no password.

This file keeps to the syntax of old Python versions, so that they get a sentence and no traceback.
"""

import argparse
import ctypes
import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARKER = "nanophantom-setup.json"

#: Shared libraries that Qt wants from the system, and the Debian package of each.
WINDOW_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
#: Where fonts lie, and the Debian package for a machine without any: Qt draws no text then.
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
FONT_PACKAGE = "fonts-dejavu-core"


class Stop(Exception):
    """Setting up cannot go on; the text says what to do."""


def main(arguments=None):
    """Run one command; the exit code is 0, 1 (a check or test failed), 2 (cannot be set up) or 130."""
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        found = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write(
            "Nanophantom needs Python %s or newer and this is %s: run this file with a newer one "
            "(%s).\n" % (wanted, found, how_to_get_python())
        )
        return 2
    options = parse(arguments)
    try:
        return options.run(options)
    except Stop as stop:
        sys.stderr.write("\n%s\n" % stop)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command takes up from here.\n")
        return 130


def parse(arguments):
    """Command line of this script."""
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="setup | demo | test")
    for name, run, text in (
        ("setup", run_setup, "set up, or bring up to date"),
        ("demo", run_demo, "set up and make a small dataset with a contact sheet"),
        ("test", run_test, "set up with the developers' tools, check and test"),
    ):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=run)
        command.add_argument(
            "--venv",
            metavar="DIR",
            default="",
            help="virtual environment to use (default: .venv beside this checkout)",
        )
        command.add_argument(
            "--no-system-packages",
            action="store_true",
            help="install no Debian package, only say what is missing",
        )
        if name == "setup":
            command.add_argument(
                "--developer", action="store_true", help="with the developers' tools, editable"
            )
        if name == "demo":
            command.add_argument("--output", metavar="DIR", default="", help="where the demo's dataset goes")
        if name == "test":
            command.add_argument(
                "pytest", nargs="*", metavar="PYTEST_OPTION", help="passed on to pytest, after --"
            )
    return parser.parse_args(arguments)


# --- the three commands ----------------------------------------------------------------------


def run_setup(options):
    """Set up and say how to start."""
    environment = set_up(options, developer=options.developer)
    say("ready: %s --help" % quoted(program(environment)))
    return 0


def run_demo(options):
    """Set up and run ``nanophantom demo``."""
    environment = set_up(options, developer=False)
    command = [program(environment), "demo"] + (["--output", options.output] if options.output else [])
    say("running: %s" % quoted(*command))
    return subprocess.call(command, env=clean_environment())


def run_test(options):
    """Set up for development, then every check, pytest last; what failed is named at the end."""
    environment = set_up(options, developer=True)
    python = interpreter(environment)
    surroundings = clean_environment()
    cache = tool_caches(environment, surroundings)
    checks = (
        ("ruff", [python, "-m", "ruff", "check", "."]),
        ("mypy", [python, "-m", "mypy", "--cache-dir", os.path.join(cache, "mypy")]),
        (
            "import contracts",
            [program(environment, "lint-imports"), "--cache-dir", os.path.join(cache, "import_linter")],
        ),
        (
            "pytest",
            [python, "-m", "pytest", "-n", "auto", "--dist", "loadfile"]
            + ["-o", "cache_dir=" + os.path.join(cache, "pytest")]
            + options.pytest,
        ),
    )
    failed = []
    for name, command in checks:
        say("%s ..." % name)
        started = time.monotonic()
        code = subprocess.call(command, cwd=ROOT, env=surroundings)
        outcome = "passed" if code == 0 else "FAILED (exit code %d)" % code
        say("%s %s in %.0f s" % (name, outcome, time.monotonic() - started))
        failed += [name] if code else []
    if failed:
        say("failed: %s" % ", ".join(failed))
    return 1 if failed else 0


# --- the virtual environment -----------------------------------------------------------------


def set_up(options, developer):
    """Make or mend the virtual environment and install the program; its folder.

    A developer's environment holds an editable install (the checkout itself) and stays one; a user's
    holds a built copy, rebuilt when the checkout has changed.
    """
    started = time.monotonic()
    folder = choose_folder(options.venv)
    ready_system(options, needs_window=developer)
    state = read_state(folder)
    if state.get("step") == "done" and healthy(folder):
        developer = developer or state.get("mode") == "developer"
    else:
        make_environment(folder, state)
        state = {}
    mode = "developer" if developer else "user"
    wanted = {"step": "done", "mode": mode, "root": ROOT, "fingerprint": fingerprint(mode)}
    if state == wanted:
        say("up to date: %s" % folder)
        return folder
    write_state(folder, {"step": "installing"})
    install(folder, mode)
    write_state(folder, wanted)
    say("set up in %.0f s: %s" % (time.monotonic() - started, folder))
    return folder


def choose_folder(asked):
    """The folder of the virtual environment: as asked, in the checkout, or in the user's own data folder."""
    if asked:
        return os.path.abspath(asked)
    if os.access(ROOT, os.W_OK):
        return os.path.join(ROOT, ".venv")
    name = "venv-" + hashlib.sha256(ROOT.encode()).hexdigest()[:8]
    home = os.environ.get("NANOPHANTOM_HOME") or os.path.join(os.path.expanduser("~"), ".nanophantom")
    folder = os.path.join(home, name)
    say("this checkout is read-only, so the virtual environment goes to %s" % folder)
    return folder


def make_environment(folder, state):
    """Create the virtual environment, or start one that we left half-made anew; never clear anything else."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Stop("%s is a file: choose another place with --venv DIR." % folder)
    if os.path.isdir(folder) and os.listdir(folder):
        if state:
            say("starting the half-made %s anew" % folder)
        elif healthy(folder):  # made by hand: use it as it is
            return
        else:
            raise Stop(
                "%s is neither empty nor a virtual environment with pip: remove it, or choose another "
                "place with --venv DIR." % folder
            )
    say("making a virtual environment in %s" % folder)
    try:
        if os.path.isdir(folder):
            clear(folder)
        os.makedirs(folder, exist_ok=True)
        # The marker comes first: whatever interrupts the rest, the folder is known to be ours.
        write_state(folder, {"step": "installing"})
    except OSError as error:
        raise Stop(
            "%s cannot be written (%s): choose another place with --venv DIR." % (folder, error.strerror)
        ) from None
    made = subprocess.run(
        [sys.executable, "-m", "venv", folder],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if made.returncode:
        raise Stop("The virtual environment could not be made:\n%s" % made.stdout.strip())


def clear(folder):
    """Empty a folder without following a link out of it."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif name != MARKER:
            os.remove(path)


def healthy(folder):
    """Whether the environment's Python starts, is new enough and has pip."""
    if not os.path.exists(os.path.join(folder, "pyvenv.cfg")):
        return False
    question = "import sys, pip; sys.exit(sys.prefix == sys.base_prefix or sys.version_info < (%d, %d))"
    try:
        return (
            subprocess.call(
                [interpreter(folder), "-c", question % OLDEST],
                env=clean_environment(),
                stderr=subprocess.DEVNULL,
            )
            == 0
        )
    except OSError:
        return False


def install(folder, mode):
    """Install the program with pip, by whatever index and options pip is configured for."""
    extras = "fast,dev" if mode == "developer" else "fast"
    say("installing Nanophantom and what it needs (a few hundred MB the first time)")
    if pip(folder, mode, extras):
        return
    # numba lags behind new Python versions; without it the same bits come out more slowly.
    say("that failed; trying again without numba, which only makes it faster")
    if not pip(folder, mode, extras.replace("fast", "").strip(",")):
        raise Stop(
            "pip could not install the program (its message is above). Check the network and pip's "
            "configuration (pip config list), then run the same command again."
        )


def pip(folder, mode, extras):
    """One pip run; whether it succeeded."""
    target = ROOT + ("[%s]" % extras if extras else "")
    command = [interpreter(folder), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += [] if sys.stdout.isatty() else ["--quiet"]
    # --upgrade makes pip rebuild from the checkout; dependencies are upgraded only if they no longer fit.
    command += ["--upgrade"] + (["--editable", target] if mode == "developer" else [target])
    return subprocess.call(command, env=clean_environment(), cwd=folder) == 0


def fingerprint(mode):
    """Hash of what an install depends on: the build recipe, and for a built copy all it is built from."""
    digest = hashlib.sha256(platform.python_version().encode())
    paths = [os.path.join(ROOT, "pyproject.toml")]
    if mode == "user":
        # The references are there because the built copy carries the git tag.
        paths += [os.path.join(ROOT, ".git", name) for name in ("HEAD", "packed-refs")]
        for part in ("app", "sim", "resources", os.path.join(".git", "refs")):
            for folder, folders, names in os.walk(os.path.join(ROOT, part)):
                folders[:] = sorted(name for name in folders if name != "__pycache__")
                paths += [os.path.join(folder, name) for name in sorted(names)]
    for path in paths:
        if os.path.isfile(path):
            digest.update(os.path.relpath(path, ROOT).encode())
            with open(path, "rb") as stream:
                digest.update(hashlib.sha256(stream.read()).digest())
    return digest.hexdigest()


def read_state(folder):
    """What the last run left in the environment; empty if it is not ours."""
    try:
        with open(os.path.join(folder, MARKER), encoding="utf-8") as stream:
            state = json.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"step": "unknown"}
    return state if isinstance(state, dict) and state else {"step": "unknown"}


def write_state(folder, state):
    """Note how far the environment has come, in one step."""
    path = os.path.join(folder, MARKER)
    with open(path + ".tmp", "w", encoding="utf-8") as stream:
        json.dump(state, stream)
    os.replace(path + ".tmp", path)


# --- the system ------------------------------------------------------------------------------


def ready_system(options, needs_window):
    """Install or name what the system lacks: Python's venv module and Qt's libraries."""
    packages = []
    venv_missing = not has_venv()
    if venv_missing:
        packages.append(venv_package())
    window = missing_libraries()
    packages += window
    if not packages:
        return
    debian = shutil.which("apt-get") is not None
    line = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if debian and not options.no_system_packages:
        prefix = as_root()
        if prefix is not None:
            apt_install(prefix, packages)
            if not (venv_missing and not has_venv()):
                return
            raise Stop("python3 still has no venv module: run this file with the system's /usr/bin/python3.")
    if venv_missing:
        raise Stop(
            "This Python cannot make virtual environments. As root, run\n\n    apt-get update && %s\n\n"
            "and then the same command again." % line
            if debian
            else "This Python cannot make virtual environments: %s." % how_to_get_python()
        )
    advice = (
        "as root, run\n\n    apt-get update && %s\n" % line
        if debian
        else "install the libraries behind %s (%s)" % (", ".join(window), other_systems())
    )
    if needs_window:
        raise Stop("The tests of the window need system libraries that are missing: %s" % advice)
    say("the command line works, but the window will lack system libraries; for it, %s" % advice)


def has_venv():
    """Whether this Python can make virtual environments with pip (asked in a fresh process)."""
    return subprocess.call([sys.executable, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) == 0


def venv_package():
    """Debian's package of the venv module for the Python that runs this."""
    if os.path.realpath(sys.executable).startswith("/usr/bin/"):
        return "python%d.%d-venv" % sys.version_info[:2]
    return "python3-venv"


def missing_libraries():
    """Debian packages of the window's libraries and fonts that are not there; none on macOS and Windows."""
    if not sys.platform.startswith("linux"):
        return []
    missing = []
    for library, package in WINDOW_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing if has_fonts() else missing + [FONT_PACKAGE]


def has_fonts():
    """Whether there is any font file that Qt can draw text with."""
    for folder in FONT_FOLDERS:
        for _, _, names in os.walk(os.path.expanduser(folder)):
            if any(name.lower().endswith((".ttf", ".otf", ".ttc", ".pfb")) for name in names):
                return True
    return False


def as_root():
    """Command prefix that makes a command run as root; None if that needs a password."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.call(["sudo", "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    ):
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def apt_install(prefix, packages):
    """Install Debian packages, after saying which."""
    say("installing system packages: %s" % " ".join(packages))
    surroundings = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = prefix + ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    # A third party's list that cannot be fetched must not stop us: only the install decides.
    subprocess.call(apt + ["update"], env=surroundings)
    install = apt + ["install", "-y", "--no-install-recommends"] + packages
    done = subprocess.run(
        install,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if done.returncode:
        raise Stop(
            "%s\n\nThe system packages could not be installed; mend that, or run as root\n\n    %s"
            % (done.stdout.strip(), quoted(*install))
        )


def how_to_get_python():
    """One phrase: where a suitable Python comes from on this system."""
    if sys.platform == "darwin":
        return "macOS: brew install python@3.12, or the installer from python.org; nothing else"
    if os.name == "nt":
        return "Windows: winget install Python.Python.3.12, or the installer from python.org; nothing else"
    return "Debian or Ubuntu: apt-get install python3 python3-venv; " + other_systems()


def other_systems():
    """What to install where there is no apt-get."""
    return (
        "Fedora: dnf install python3 mesa-libGL mesa-libEGL dbus-libs fontconfig libxkbcommon-x11 "
        "xcb-util-cursor xcb-util-wm xcb-util-keysyms; Arch: pacman -S python libglvnd dbus fontconfig "
        "libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-keysyms"
    )


# --- small things ----------------------------------------------------------------------------


def interpreter(folder):
    """Python of a virtual environment."""
    return os.path.join(folder, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))


def program(folder, name="nanophantom"):
    """A command that lives in a virtual environment."""
    return os.path.join(folder, *(("Scripts", name + ".exe") if os.name == "nt" else ("bin", name)))


def clean_environment():
    """This process's environment without what would send packages or imports elsewhere."""
    surroundings = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV"):
        surroundings.pop(name, None)
    surroundings["PYTHONNOUSERSITE"] = "1"
    return surroundings


def tool_caches(folder, surroundings):
    """A folder for the tools' caches: none of them writes into the checkout."""
    cache = os.path.join(folder, "nanophantom-cache")
    surroundings["RUFF_CACHE_DIR"] = os.path.join(cache, "ruff")
    surroundings["HYPOTHESIS_STORAGE_DIRECTORY"] = os.path.join(cache, "hypothesis")
    return cache


def quoted(*words):
    """A command as it would be typed."""
    return " ".join(shlex.quote(word) for word in words)


def say(text):
    """One line of progress, in order with the output of other programs."""
    sys.stdout.write("[nanophantom] %s\n" % text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
