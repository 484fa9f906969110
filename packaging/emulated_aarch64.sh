#!/bin/bash
# Runs the golden table under emulated aarch64 and compares it with tests/golden/golden.json.
#
# usage: packaging/emulated_aarch64.sh [SCRIPT.py [ARGUMENT...]]     (default: tests/golden/table.py --compare)
#
# No binfmt, container or chroot: the distribution's own arm64 Python and numpy's arm64 wheel are unpacked into a
# folder and started by qemu.  What is downloaded is kept under ${XDG_CACHE_HOME:-~/.cache}/nanophantom/aarch64,
# so that only the first run needs a network; remove that folder to start afresh.  NUMPY_VERSION and
# PYDANTIC_VERSION choose the packages (pydantic with what it needs: whole scenes have settings), PYTHON the
# interpreter whose pip fetches them.
set -euo pipefail

fail() { echo "emulated_aarch64: $*" >&2; exit 1; }

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ $# -gt 0 ]; then
    script=$(realpath "$1")
    shift
else
    script=$repository/tests/golden/table.py
    set -- --compare
fi
[ -f "$script" ] || fail "there is no script $script"

numpy=${NUMPY_VERSION:-2.4.6}
pydantic=${PYDANTIC_VERSION:-2.14.3}
python=${PYTHON:-python3}
arch=arm64
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for tool in apt-get dpkg-deb qemu-aarch64-static "$python"; do
    command -v "$tool" >/dev/null ||
        fail "$tool is missing; on Debian: apt-get install qemu-user-static debian-archive-keyring python3"
done
[ -f "$keyring" ] || fail "$keyring is missing; on Debian: apt-get install debian-archive-keyring"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$codename" ] || fail "the release of this system has no code name; Debian 12 or later is needed"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/nanophantom/aarch64
mkdir -p "$cache"
# Two runs at once would unpack into each other.
exec 9>"$cache/lock"
command -v flock >/dev/null && flock 9

work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT

quietly() {  # runs a download and shows its output only when it fails
    "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
}

python_root=$cache/python-$codename
if [ ! -f "$python_root/complete" ]; then
    # The mirror that this system itself uses.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $codename" | sort -u | head -n 1)
    [ -n "$mirror" ] || fail "apt knows no mirror for $codename: run apt-get update"
    state=$work/apt
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$work/root"
    : >"$state/status"
    echo "deb [signed-by=$keyring] $mirror $codename main" >"$state/sources.list"
    apt=(apt-get -qq -o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::State=$state"
        -o "Dir::State::lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
        -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o APT::Install-Recommends=false -o Acquire::Languages=none -o APT::Sandbox::User=root -o Acquire::Retries=2)
    quietly "${apt[@]}" -o APT::Update::Error-Mode=any update || fail "no package list from $mirror: is there a network?"
    quietly "${apt[@]}" -y --download-only install python3-minimal libpython3-stdlib libstdc++6 libgcc-s1 ||
        fail "the arm64 packages of Python could not be downloaded from $mirror"
    for package in "$state"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root"
    done
    touch "$work/root/complete"
    rm -rf "$python_root"
    mv "$work/root" "$python_root"
fi
interpreter=$(find "$python_root/usr/bin" -name 'python3.[0-9]*' -type f | sort | head -n 1)
[ -n "$interpreter" ] || fail "no Python in $python_root: remove that folder and start again"
version=${interpreter##*python}

fetch() {  # fetch FOLDER REQUIREMENT [PIP OPTION...]: unpacks wheels for aarch64 into a folder, once
    local folder=$1 requirement=$2 wheel
    shift 2
    [ -f "$folder/complete" ] && return
    "$python" -m pip --version >/dev/null 2>&1 ||
        fail "$python has no pip; on Debian: apt-get install python3-pip, or set PYTHON to an environment's python"
    rm -rf "$work/site" "$work/wheels"
    mkdir -p "$work/site"
    quietly "$python" -m pip download -q --no-cache-dir --only-binary=:all: "$@" -d "$work/wheels" \
        --platform manylinux2014_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_28_aarch64 \
        --python-version "$version" --implementation cp "$requirement" ||
        fail "the aarch64 wheels of $requirement for Python $version could not be downloaded: is there a network?"
    for wheel in "$work"/wheels/*.whl; do
        "$python" -m zipfile -e "$wheel" "$work/site"
    done
    touch "$work/site/complete"
    rm -rf "$folder"
    mv "$work/site" "$folder"
}
site=$cache/numpy-$numpy-python$version
settings=$cache/pydantic-$pydantic-python$version
fetch "$site" "numpy==$numpy" --no-deps
fetch "$settings" "pydantic==$pydantic"

export PYTHONPATH=$site:$settings:$repository PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 NANOPHANTOM_KERNELS=numpy
unset NPY_DISABLE_CPU_FEATURES PYTHONHOME
qemu-aarch64-static -L "$python_root" "$interpreter" "$script" "$@" || {
    code=$?
    fail "$(basename "$script") ended with $code under emulated aarch64"
}
