"""What holds for the repository as a whole."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import grimp
import pytest

_REPOSITORY = Path(__file__).resolve().parents[1]
_REQUIREMENTS = _REPOSITORY / "installer" / "requirements"
_PACKAGES = _REPOSITORY / "resources" / "licences" / "packages"
# Written in parts, so that this file does not hold what it looks for.
_REGISTRY = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", "conda" + r"\.io", "--find" + "-links"]))
_MACHINE_PATH = re.compile(
    r"(?<![\w.~/])/(?:" + "|".join(["wo" + "rk/", "tm" + "p/", "ro" + "ot/", "home/" + r"\w"]) + ")"
)
# Others' licence texts stay as they are; a test may name a folder that does not exist.
_NOT_OUR_WORDS = ("resources/licences/", "tests/")


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [_REPOSITORY / name for name in listed.stdout.split("\0") if name and (_REPOSITORY / name).is_file()]


def _texts() -> list[tuple[str, str]]:
    texts = []
    for path in _tracked():
        # What is not UTF-8 is no text of ours (a PDF, a picture).
        with contextlib.suppress(UnicodeDecodeError):
            texts.append((path.relative_to(_REPOSITORY).as_posix(), path.read_text(encoding="utf-8")))
    return texts


def _names(requirements: Path) -> set[str]:
    return set(re.findall(r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==", requirements.read_text(encoding="utf-8")))


def _collect_licences() -> ModuleType:
    spec = importlib.util.spec_from_file_location("collect_licences", _REPOSITORY / "installer" / "collect_licences.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_tracked_file_is_larger_than_a_megabyte() -> None:
    assert [path.name for path in _tracked() if path.stat().st_size > 1_000_000] == []


def test_no_file_names_a_package_registry() -> None:
    ours = [(name, text) for name, text in _texts() if not name.startswith("resources/licences/")]
    assert [name for name, text in ours if _REGISTRY.search(text)] == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    ours = [(name, text) for name, text in _texts() if not name.startswith(_NOT_OUR_WORDS)]
    assert [name for name, text in ours if _MACHINE_PATH.search(text)] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b|raise NotImplemented" + "Error")
    ours = [(name, text) for name, text in _texts() if name.endswith((".py", ".sh", ".toml"))]
    assert [name for name, text in ours if later.search(text)] == []


@pytest.mark.parametrize("name", ["run.txt", "test.txt", "build.txt", "starter-model.txt", "convert.txt"])
def test_every_requirement_is_pinned_by_hash_and_without_an_address(name: str) -> None:
    text = (_REQUIREMENTS / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pinned = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[\w.+!]+(?: ; [^@:/]+?)? \\")
    hashed = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
    assert [line for line in lines if not pinned.fullmatch(line) and not hashed.fullmatch(line)] == []
    unhashed = [
        first
        for first, second in zip(lines, [*lines[1:], ""], strict=True)
        if pinned.fullmatch(first) and not hashed.fullmatch(second)
    ]
    assert unhashed == []


def test_the_pinned_requirements_satisfy_the_project() -> None:
    import tomllib

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((_REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = _pinned(_REQUIREMENTS / "run.txt")
    both = {**run, **_pinned(_REQUIREMENTS / "test.txt")}
    extras = project["optional-dependencies"]
    for wanted, pinned in [(project["dependencies"] + extras["ocr"], run), (extras["test"], both)]:
        for requirement in map(Requirement, wanted):
            versions = pinned.get(canonicalize_name(requirement.name), [])
            assert versions, f"{requirement.name} is not pinned; run installer/requirements/renew.sh"
            for version in versions:
                assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"


def _pinned(requirements: Path) -> dict[str, list[str]]:
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"(?m)^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", requirements.read_text(encoding="utf-8")
    ):
        pinned.setdefault(name.lower().replace("_", "-").replace(".", "-"), []).append(version)
    return pinned


def test_everything_but_the_window_works_without_qt() -> None:
    code = """
import importlib, pkgutil, sys

class NoQt:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, NoQt())
import stillroom
modules = [m.name for m in pkgutil.walk_packages(stillroom.__path__, "stillroom.", onerror=print)]
for name in modules:
    if not (name + ".").startswith("stillroom.ui."):
        importlib.import_module(name)
print(sum(not (name + ".").startswith("stillroom.ui.") for name in modules))
"""
    # walk_packages imports packages to look inside, the window's too; those that need Qt are reported by onerror.
    outcome = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert outcome.returncode == 0, outcome.stderr
    assert int(outcome.stdout.split()[-1]) > 20


def test_every_shipped_package_has_its_licence() -> None:
    shipped = _collect_licences().shipped((_REQUIREMENTS / "run.txt").read_text(encoding="utf-8"))
    assert len(shipped) > 50
    assert sorted(path.stem for path in _PACKAGES.glob("*.txt")) == shipped, "run installer/collect_licences.py"
    assert (_PACKAGES.parent / "starter-model.txt").is_file()
    for names, whose in (("person-names.txt", "Faraglia"), ("town-names.txt", "GeoNames")):
        assert whose in (_PACKAGES.parent / names).read_text(encoding="utf-8")


def test_every_licence_allows_to_pass_the_package_on() -> None:
    permissive = re.compile(
        r"\b(?:MIT|BSD|0BSD|Apache|MPL|PSF|PSFL|Python Software Foundation|LGPL|CNRI-Python|Zlib|CC0|MIT-0)\b"
    )
    for path in sorted(_PACKAGES.glob("*.txt")):
        _, licence, blank, *text = path.read_text(encoding="utf-8").splitlines()
        name = licence.removeprefix("Licence: ")
        assert licence.startswith("Licence: ")
        assert not blank
        assert permissive.search(name), f"{path.stem}: {name}"
        # "A or GPL" is our choice of A; "GPL" alone or "and GPL" is not.
        assert all(not re.match(r"A?GPL", part) for part in name.split(" AND ")), f"{path.stem}: {name}"
        assert len(text) > 10, f"{path.stem} has no licence text"


def test_the_project_says_its_own_licence() -> None:
    assert "Apache License" in (_REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in (_REPOSITORY / "NOTICE").read_text(encoding="utf-8")


@pytest.mark.model
def test_every_benchmark_can_be_started() -> None:
    """They are not part of the suite: what they import may have moved without a test that notices."""
    folder = _REPOSITORY / "tests" / "benchmarks"
    names = [path.stem for path in sorted(folder.glob("*.py"))]
    lines = [
        f"import sys; sys.path[:0] = [{str(_REPOSITORY)!r}, {str(folder)!r}]",
        *(f"import {name}" for name in names),
    ]
    outcome = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=120, check=False
    )
    assert len(names) > 10
    assert outcome.returncode == 0, outcome.stderr


def test_no_two_files_import_each_other() -> None:
    graph = grimp.build_graph("stillroom")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # What is left when files that import nothing of the rest are taken away again and again, and so are files nobody imports.
    left = set(imports)
    while True:
        importers = {name for module in left for name in imports[module]}
        ends = {module for module in left if not imports[module] & left or module not in importers}
        if not ends:
            break
        left -= ends
    assert left == set()


# What every module may use; the rest beside the front ends and the workspace is the domain.
_COMMON_GROUND = {
    "errors", "settings", "paths", "cancellation", "child", "codec", "atomic", "sizes", "regular_file", "logs", "__main__",
}  # fmt: skip


@pytest.mark.parametrize(("front_end", "most"), [("ui", 25), ("cli", 20)])
def test_a_front_end_asks_the_workspace_and_knows_few_modules_of_the_domain(front_end: str, most: int) -> None:
    """Whoever needs more asks for it in a room of the workspace, where the other front end finds it, too."""
    graph = grimp.build_graph("stillroom")
    package = f"stillroom.{front_end}"
    modules = {package, *graph.find_descendants(package)}
    imported = {name for module in modules for name in graph.find_modules_directly_imported_by(module)} - modules
    domain = sorted(
        name for name in imported if name != "stillroom" and name.split(".")[1] not in {*_COMMON_GROUND, "workspace"}
    )
    assert len(domain) <= most, domain


# A thing is said by a noun. Verbs that tell what it does, and prepositions that tell whose it is, begin the docstring of a function.
_NO_NOUN = re.compile(
    r"(?:Signals:|Attributes:|Of|From|By|At|While|Never|Safe|Set|Write|Quote|Measure|Score|Made|Called|Raised|Hidden|Mixed|Whether"
    r"|(?:Add|Ask|Build|Call|Carrie|Carry|Check|Choose|Collect|Count|Decide|Doe|Draw|Edit|Estimate|Extract|Fetche|Find|Gather"
    r"|Give|Hand|Hold|Keep|Leave|Look|Make|Measure|Open|Own|Put|Read|Recognise|Render|Run|Send|Show|Start|Stop|Store|Take|Tell"
    r"|Watche|Work|Write)s)(?= )"
)


def test_the_docstring_of_a_class_begins_with_a_noun() -> None:
    missing, wrong = [], []
    for path in sorted((_REPOSITORY / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                said = ast.get_docstring(node)
                if said is None and not node.name.startswith("_"):
                    missing.append(f"{path.name}: {node.name}")
                elif said is not None and (_NO_NOUN.match(said) or said.startswith("Signals:")):
                    wrong.append(f"{path.name}: {node.name}: {said.splitlines()[0]}")
    assert missing == []
    assert wrong == []


# What PySide cannot be told in another way: with each, why.
_OF_ANY_TYPE = {
    "extract/result_table.py: cell_chosen": "None, where no row is the current one",
    "review/field_list.py: value_chosen": "None, where no value is",
    "chat/who_answers.py: chosen": "None for the model here",
    "review/lessons.py: put_down": "a dict by number: PySide hands Signal(dict) on as a map by text, which is empty then",
    "models/hub_dialog.py: chosen": "its type comes with the hub's client, which the window does not load before it is needed",
    "models/downloads.py: changed": "as above",
    "models/downloads.py: _told": "as above",
    "tasks.py: _posted": "anything that can be called",
}
_ANYTHING = {
    "markdown/render.py": "what markdown-it hands to its rules",
    "settings/general.py": "a setting of whatever type",
    "review/lessons.py": "what a person answers for: a value, a list, rows, by the type of the field",
}


def test_signals_and_operations_of_the_window_say_their_types() -> None:
    folder = _REPOSITORY / "app" / "stillroom" / "ui"
    of_any_type, anything, escapes = set(), set(), []
    for path in sorted(folder.rglob("*.py")):
        name, text = path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                called = node.value.func
                types = [each.id for each in node.value.args if isinstance(each, ast.Name)]
                if isinstance(called, ast.Name) and called.id == "Signal" and "object" in types:
                    of_any_type |= {f"{name}: {target.id}" for target in node.targets if isinstance(target, ast.Name)}
            elif isinstance(node, ast.Name) and node.id == "Any":
                anything.add(name)
        if re.search(r"Operation\[Any\]|\bcast\(|type: ignore", text):
            escapes.append(name)
    assert of_any_type == set(_OF_ANY_TYPE)
    assert anything == set(_ANYTHING)
    assert escapes == []
