"""Imports point one way: no module imports one that imports it back, directly or through others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The only edge that is a string: models.py names the store, whose module imports models.py.
NAMED_EDGE = ("user_sessions/models.py", "user_sessions.backends.db.SessionStore")


def modules(package: str, root: Path = ROOT) -> dict[str, Path]:
    """Return the modules of a package by their dotted names."""
    paths = [path.relative_to(root) for path in sorted((root / package).rglob("*.py"))]
    return {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(code: str) -> Iterator[str]:
    """Yield what code imports, at its top and in functions, but not for type checking."""
    nodes: list[ast.AST] = [ast.parse(code)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not followed here"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            nodes += ast.iter_child_nodes(node)


def graph(package: str, root: Path = ROOT) -> dict[str, set[str]]:
    """Return for each module the modules of the same package that it imports.

    ``from package import module`` is an import of the module alone: a package that imports its own
    modules is above them.
    """
    found = modules(package, root)
    result = {}
    for name, path in found.items():
        names = set(imported((root / path).read_text("utf-8"))) & found.keys()
        parents = {each.rpartition(".")[0] for each in names}
        result[name] = {each for each in names if each not in parents} - {name}
    return result


@pytest.mark.parametrize("package", ["user_sessions", "themes", "demo_site", "e2e"])
def test_no_module_imports_one_that_imports_it_back(package):
    imports = graph(package)
    assert {*TopologicalSorter(imports).static_order()} == imports.keys()  # raises CycleError


@pytest.mark.parametrize(
    "code",
    ["from box.b import x", "import box.b", "from box import b", "def f():\n    from box import b"],
    ids=["from a module", "import", "from a package", "in a function"],
)
def test_a_cycle_is_found(tmp_path, code):
    (tmp_path / "box").mkdir()
    for name, text in {"__init__": "", "a": code, "b": "import box.a"}.items():
        (tmp_path / "box" / f"{name}.py").write_text(text)
    with pytest.raises(CycleError):
        TopologicalSorter(graph("box", tmp_path)).prepare()


def test_an_import_for_type_checking_is_ignored():
    code = "if TYPE_CHECKING:\n    import box.b\nelse:\n    import box.c"
    assert [*imported(code)] == ["box.c"]


@pytest.mark.parametrize(
    ("package", "others"),
    [
        ("user_sessions", {"user_sessions_themes", "demo_site", "e2e"}),
        ("themes", {"demo_site", "e2e"}),
        ("demo_site", {"e2e"}),
    ],
)
def test_packages_are_imported_in_one_direction(package, others):
    for path in modules(package).values():
        if "tests" not in path.parts:
            roots = {name.partition(".")[0] for name in imported((ROOT / path).read_text("utf-8"))}
            assert not roots & others, path


def is_of_pytest(name: str) -> bool:
    """Return whether pytest runs a module: a module with tests, or a conftest."""
    last = name.rpartition(".")[2]
    return last.startswith("test_") or last == "conftest"


@pytest.mark.parametrize("package", ["user_sessions", "demo_site", "e2e"])
def test_no_module_imports_tests(package):
    importing = {name: [*filter(is_of_pytest, found)] for name, found in graph(package).items()}
    assert {name: found for name, found in importing.items() if found} == {}


def test_folders_of_tests_share_code_only_in_support():
    tests, shared = "user_sessions.tests", {"support", "settings"}
    crossing = [
        (name, each)
        for name, found in graph("user_sessions").items()
        for each in found
        if each.startswith(f"{tests}.") and name.startswith(f"{tests}.")
        if each.split(".")[2] not in shared | {name.split(".")[2]}
    ]
    assert crossing == []


def test_only_models_names_a_store_instead_of_importing_it():
    named = [
        (path.as_posix(), node.value)
        for path in modules("user_sessions").values()
        if "tests" not in path.parts
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("user_sessions.")
        and node.value.removesuffix(".SessionStore") in modules("user_sessions")
        and node.value.endswith(".SessionStore")
    ]
    assert named == [NAMED_EDGE]


def test_the_package_has_at_most_18_modules_outside_of_subpackages():
    assert len([*(ROOT / "user_sessions").glob("*.py")]) <= 18


def test_each_import_of_the_upgrade_is_marked_for_removal():
    importing = re.compile(r"^from user_sessions\.upgrade.*$", re.MULTILINE)
    lines = [
        line
        for path in modules("user_sessions").values()
        if not {"tests", "upgrade", "migrations"} & {*path.parts}
        for line in importing.findall((ROOT / path).read_text("utf-8"))
    ]
    assert lines
    assert [line for line in lines if not line.endswith("# 4.0: remove")] == []
