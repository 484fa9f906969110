"""Tier-A modules use nothing whose last bit depends on the machine.

The modules are listed in tier_a.txt.  What is forbidden, and why, is written in the tables below; the
second half of this file shows that every forbidden construct is found.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("tier_a.txt")

#: Names of numpy by reason.
FORBIDDEN_NUMPY = {
    "its last bit differs between libm, SVML and vector widths": """
        exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 sin cos tan arcsin arccos
        arctan arctan2 sinh cosh tanh arcsinh arccosh arctanh asin acos atan atan2 asinh acosh
        atanh sinc i0 power pow float_power cbrt hypot unwrap angle
    """,
    "BLAS and its order of additions": """
        dot vdot inner matmul tensordot einsum einsum_path vecdot matvec vecmat linalg trace
        convolve correlate cov corrcoef polyfit
    """,
    "the order of additions depends on vector width": """
        sum nansum mean nanmean average prod nanprod product cumsum cumprod nancumsum nancumprod
        cumulative_sum cumulative_prod std nanstd var nanvar trapezoid trapz
    """,
    "products and sums inside one call may be fused": """
        interp linspace geomspace logspace polyval gradient fft histogram2d histogramdd blackman
        hamming hanning bartlett kaiser
    """,
    "selection or interpolation inside": """
        median nanmedian percentile nanpercentile quantile nanquantile
    """,
    "complex arithmetic": """
        complex64 complex128 complex256 clongdouble csingle cdouble complexfloating conj
        conjugate
    """,
    "precision differs between platforms": "longdouble float128 float96 float16 half",
    "unstable order": "partition argpartition",
    "decimal rounding multiplies and divides": "round around round_",
    "float32 arithmetic (only a final .astype(np.float32) is allowed)": "float32 single",
}
FORBIDDEN_METHODS = {"sum", "mean", "prod", "cumsum", "cumprod", "std", "var", "dot", "trace", "round",
                     "partition", "argpartition", "conj", "conjugate"}  # fmt: skip
#: Reductions that are safe over integers: allowed with an integer ``dtype=``.
INTEGER_REDUCTIONS = {"sum", "prod", "cumsum", "cumprod", "trace"}
INTEGER_TYPES = {"int64", "uint64", "int32", "uint32", "intp", "uint8", "int"}
SORTS = {"sort", "argsort"}
UNSAFE_REDUCE = {"add", "subtract", "multiply", "divide", "true_divide"}
ALLOWED_RANDOM = {"Philox"}
ALLOWED_MATH = {"floor", "ceil", "isfinite", "isnan", "isinf", "sqrt", "trunc", "factorial", "comb", "gcd",
                "isqrt", "inf", "nan", "pi", "copysign", "fsum"}  # fmt: skip
FORBIDDEN_BUILTINS = {
    "sum": "Python 3.12 adds floats differently from 3.11",
    "pow": "a power through libm",
    "complex": "complex arithmetic",
    "eval": "hides what runs",
    "exec": "hides what runs",
    "__import__": "hides what is imported",
}
#: ``math.fsum`` is exact: its result is the correctly rounded sum on every platform.
#: Standard library that computes floats or random numbers in ways not ours.
FORBIDDEN_STANDARD = {"random", "statistics", "cmath", "ctypes", "colorsys"}

REASON = {name: reason for reason, names in FORBIDDEN_NUMPY.items() for name in names.split()}


def tier_a_files() -> list[Path]:
    """The listed modules that exist; a line that matches nothing fails a test of its own."""
    return sorted({path for line in listed() for path in ROOT.glob(line)})


def listed() -> list[str]:
    lines = (line.split("#")[0].strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def module_names() -> set[str]:
    return {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in tier_a_files()}


class Checker(ast.NodeVisitor):
    """Collects (line, sentence) for every forbidden construct of one module."""

    def __init__(self, modules: set[str], *, numba: bool) -> None:
        self.modules = modules
        self.numba = numba
        self.problems: list[tuple[int, str]] = []
        self.numpy = {"np", "numpy"}
        self.allowed_here: set[int] = set()

    def report(self, node: ast.AST, sentence: str) -> None:
        self.problems.append((getattr(node, "lineno", 0), sentence))

    # imports

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for statement in node.orelse:
                self.visit(statement)
            return
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.check_module(node, alias.name)
            if alias.name == "numpy":
                self.numpy.add(alias.asname or "numpy")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            self.report(node, "relative import: write the full name")
            return
        if module in {"numpy", "math"} or module.startswith("numpy."):
            for alias in node.names:
                self.check_name(node, module.split("."), alias.name)
            return
        package = [alias for alias in node.names if f"{module}.{alias.name}" in self.modules]
        if len(package) < len(node.names):
            self.check_module(node, module)

    def check_module(self, node: ast.AST, name: str) -> None:
        top = name.split(".")[0]
        if top == "numpy":
            if name not in {"numpy", "numpy.typing"}:
                self.report(node, f"import of {name}")
        elif top == "numba":
            if not self.numba:
                self.report(node, "numba outside a kernels_numba module")
        elif top in sys.stdlib_module_names:
            if top in FORBIDDEN_STANDARD:
                self.report(node, f"import of {name}")
        elif name not in self.modules:
            self.report(node, f"import of {name}, which is not tier A")

    def check_name(self, node: ast.AST, module: list[str], name: str) -> None:
        if module == ["math"]:
            if name not in ALLOWED_MATH:
                self.report(node, f"math.{name}")
        elif module == ["numpy", "typing"]:
            return
        elif module == ["numpy", "random"]:
            if name not in ALLOWED_RANDOM:
                self.report(node, f"np.random.{name}")
        elif module != ["numpy"] or name in REASON or name in {"random", "sort", "argsort"}:
            self.report(node, f"from {'.'.join(module)} import {name}")

    # names and operators

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id in self.numpy and id(node) not in self.allowed_here:
            if node.attr in REASON:
                self.report(node, f"np.{node.attr}: {REASON[node.attr]}")
        elif isinstance(owner, ast.Name) and owner.id == "math":
            if node.attr not in ALLOWED_MATH:
                self.report(node, f"math.{node.attr}")
        elif isinstance(owner, ast.Attribute) and self.is_numpy(owner, "random"):
            if node.attr not in ALLOWED_RANDOM:
                self.report(node, f"np.random.{node.attr}: random words come from Philox only")
        elif (
            isinstance(owner, ast.Attribute)
            and node.attr in {"reduce", "accumulate", "reduceat"}
            and any(self.is_numpy(owner, name) for name in UNSAFE_REDUCE)
        ):
            self.report(node, f"np.{owner.attr}.{node.attr}: {REASON['sum']}")
        self.generic_visit(node)

    def is_numpy(self, node: ast.expr, name: str) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and node.attr == name
            and isinstance(node.value, ast.Name)
            and node.value.id in self.numpy
        )

    def visit_Subscript(self, node: ast.Subscript) -> None:
        # NDArray[np.float32] is a type, not arithmetic.
        if isinstance(node.value, ast.Name) and node.value.id == "NDArray":
            self.allow_float32(node.slice)
        self.generic_visit(node)

    def allow_float32(self, node: ast.AST) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and inner.attr == "float32":
                self.allowed_here.add(id(inner))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, complex):
            self.report(node, "complex arithmetic")
        if isinstance(node.value, str) and node.value in {
            "float32",
            "f4",
            "<f4",
            "float16",
            "complex128",
            "c16",
        }:
            self.report(node, f"type {node.value!r}")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.check_operator(node, node.op, [node.left, node.right])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.check_operator(node, node.op, [node.target, node.value])
        self.generic_visit(node)

    def check_operator(self, node: ast.AST, operator: ast.operator, operands: list[ast.expr]) -> None:
        if isinstance(operator, ast.MatMult):
            self.report(node, "@: BLAS and its order of additions")
        if isinstance(operator, ast.Pow):
            bare = [part.operand if isinstance(part, ast.UnaryOp) else part for part in operands]
            if not all(isinstance(part, ast.Constant) for part in bare):
                self.report(node, "** of variables goes through libm")

    # calls

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        if isinstance(function, ast.Name):
            self.check_builtin(node, function.id, keywords)
        if isinstance(function, ast.Attribute):
            self.check_method(node, function, keywords)
        if "fastmath" in keywords and not self.is_false(keywords["fastmath"]):
            self.report(node, "fastmath reorders and fuses")
        if "parallel" in keywords and not self.is_false(keywords["parallel"]):
            self.report(node, "parallel reductions have no fixed order")
        self.generic_visit(node)

    def check_builtin(self, node: ast.Call, name: str, keywords: dict[str | None, ast.expr]) -> None:
        if name in FORBIDDEN_BUILTINS:
            self.report(node, f"{name}(): {FORBIDDEN_BUILTINS[name]}")
        if (
            name == "getattr"
            and node.args
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id in self.numpy
        ):
            self.report(node, "getattr of numpy hides what runs")

    def check_method(
        self, node: ast.Call, function: ast.Attribute, keywords: dict[str | None, ast.expr]
    ) -> None:
        name = function.attr
        if name == "import_module":
            wanted = node.args[0] if node.args else None
            if isinstance(wanted, ast.Constant):
                self.check_module(node, str(wanted.value))
            else:
                self.report(node, "import of a name that is computed")
        on_numpy = isinstance(function.value, ast.Name) and function.value.id in self.numpy
        if name in INTEGER_REDUCTIONS and self.is_integer_type(keywords.get("dtype")):
            self.allowed_here.add(id(function))
            return
        if name == "astype":
            for argument in node.args:
                self.allow_float32(argument)
        if not on_numpy and name in FORBIDDEN_METHODS:
            self.report(node, f".{name}(): the order of additions depends on vector width")
        stable = isinstance(keywords.get("kind"), ast.Constant) and keywords["kind"].value == "stable"  # type: ignore[attr-defined]
        if name in SORTS and (on_numpy or name == "argsort") and not stable:
            self.report(node, f"{name} without kind='stable'")
        if name == "arange" and on_numpy and any(self.is_float(part) for part in node.args):
            self.report(node, "np.arange over floats multiplies and adds in one call")

    def is_integer_type(self, node: ast.expr | None) -> bool:
        if isinstance(node, ast.Name):
            return node.id == "int"
        return isinstance(node, ast.Attribute) and node.attr in INTEGER_TYPES

    @staticmethod
    def is_false(node: ast.expr) -> bool:
        return isinstance(node, ast.Constant) and node.value is False

    @staticmethod
    def is_float(node: ast.expr) -> bool:
        return any(
            isinstance(part, ast.Constant) and isinstance(part.value, float) for part in ast.walk(node)
        )


def check(source: str, *, numba: bool = False, modules: set[str] | None = None) -> list[tuple[int, str]]:
    """(line, sentence) of everything forbidden in a module's text."""
    checker = Checker(module_names() if modules is None else modules, numba=numba)
    checker.visit(ast.parse(source))
    return sorted(checker.problems)


@pytest.mark.parametrize("path", tier_a_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_tier_a(path):
    problems = check(path.read_text(encoding="utf-8"), numba="numba" in path.stem)
    assert not problems, "\n".join(f"{path.relative_to(ROOT)}:{line}: {text}" for line, text in problems)


@pytest.mark.parametrize("line", listed())
def test_every_line_of_the_list_names_a_module(line):
    assert list(ROOT.glob(line)), f"tier_a.txt: nothing matches {line}"


def test_packages_above_tier_a_modules_hold_only_a_docstring():
    """Importing a tier-A module must not import what stands beside it."""
    folders = {folder for path in tier_a_files() for folder in path.relative_to(ROOT).parents if folder.parts}
    for folder in folders:
        body = ast.parse((ROOT / folder / "__init__.py").read_text(encoding="utf-8")).body
        assert all(isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) for part in body), (
            folder
        )


#: One piece of source a line; | stands for a line break.
FORBIDDEN_LINES = """
np.float32(x)
np.zeros(3, dtype=np.float32)
np.zeros(3, dtype='float32')
x.astype('complex128')
f = np.exp
from numpy import exp
from numpy import sin as s
import numpy.linalg
from numpy.fft import fft
from numpy.linalg import norm
import numpy as other; other.exp(x)
getattr(np, 'exp')(x)
np.linalg.norm(x)
np.fft.fft2(x)
np.random.default_rng(1)
np.random.Generator(b)
np.random.normal()
from numpy.random import default_rng
from numpy import random
x.sum()
x.mean()
x.prod()
x.cumsum()
x.std()
x.var()
x.dot(y)
x.sum(axis=0)
x.round(3)
x.sum(dtype=np.float64)
np.add.reduce(x)
np.add.accumulate(x)
np.multiply.reduce(x)
np.add.reduceat(x, i)
x @ y
x @= y
x ** 2
2.0 ** x
x **= 0.5
x ** y
pow(x, y)
sum(x)
complex(1, 2)
z = 1j * x
np.argsort(x)
x.argsort()
np.sort(x)
np.argsort(x, kind='quicksort')
np.arange(0.0, 1.0, 0.1)
math.exp(x)
math.sin(x)
math.pow(x, y)
math.hypot(x, y)
from math import exp
import scipy
import scipy.ndimage
from scipy.special import erf
import pydantic
import ase
import h5py
import numba
import random
import statistics
import cmath
import ctypes
importlib.import_module('scipy')
importlib.import_module(name)
import importlib; importlib.import_module('numba')
from sim.core.settings import Settings
import sim.recipe.model
from . import detmath
from .detmath import exp
eval('1')
exec('1')
__import__('scipy')
def f():|    import scipy
numba.njit(fastmath=True)
numba.njit(fastmath={'contract'})
numba.njit(parallel=True)
"""

ALLOWED_LINES = """
y = np.add(np.multiply(x, 2.0**-52), 1.0)
np.sqrt(np.floor(x))
x.astype(np.float32)
def f(x: NDArray[np.float32]) -> None: ...
np.random.Philox(key=1).random_raw(3)
from numpy.typing import NDArray
np.cumsum(n, dtype=np.int64)
n.sum(dtype=np.int64)
np.argsort(x, kind='stable')
np.lexsort((x, y))
names.sort()
sorted(names)
np.maximum.reduce(x)
np.max(x)
np.arange(5)
1 << 30
2**64 - 1
math.isfinite(x)
math.floor(x)
import math
import hashlib
import importlib; importlib.import_module('sim.numerics.detmath')
from decimal import Decimal
Decimal(3).exp()
from sim.numerics.detmath import exp
from sim.numerics import detmath
detmath.exp(x)
exp(x)
from typing import TYPE_CHECKING|if TYPE_CHECKING:|    import scipy
numba_free = 1
a % b
a // b
"""


def pieces(text: str) -> list[str]:
    return [line.replace("|", "\n") for line in text.strip().splitlines()]


FORBIDDEN_NAMES = [f"np.{name}(x)" for name in REASON if name != "float32"]

KNOWN = {"sim.numerics.detmath", "sim.core.errors"}


@pytest.mark.parametrize("line", FORBIDDEN_NAMES + pieces(FORBIDDEN_LINES))
def test_forbidden_line_is_found(line):
    assert check(line, modules=KNOWN), line


@pytest.mark.parametrize("line", pieces(ALLOWED_LINES))
def test_allowed_line_passes(line):
    assert not check(line, modules=KNOWN), line


def test_numba_is_allowed_in_its_own_modules_only_without_fastmath():
    assert not check("import numba\n@numba.njit(cache=True, fastmath=False)\ndef f(x): return x", numba=True)
    assert check("import numba\n@numba.njit(fastmath=True)\ndef f(x): return x", numba=True)
