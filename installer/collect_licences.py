"""Writes the licence of every package that is shipped, from what the installed packages say, to resources/licences.

Run it with the environment's Python after installer/requirements/run.txt changed. A package that belongs to another
system is read from a folder given with ``--also`` (``pip install --no-deps --target FOLDER NAME==VERSION``).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import shutil
import sys
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

_CHECKOUT = Path(__file__).resolve().parents[1]
_RUN = _CHECKOUT / "installer" / "requirements" / "run.txt"
_LICENCES = _CHECKOUT / "resources" / "licences"
_TEXT = re.compile(r"(?i)^(licen[cs]e|copying|notice|third.?party|authors?\b|model_licenses)")
# The wheel brings no text: the standard one that belongs to the licence it names, in resources/licences/standard.
_STANDARD = {
    "anls-star": ("Apache-2.0",),
    "flatbuffers": ("Apache-2.0",),
    "nvidia-ml-py": ("NVIDIA-BSD-3-Clause",),  # as it stands at the head of its module
    "pyside6-essentials": ("Qt-notice", "LGPL-3.0", "GPL-3.0"),
    # Beside its own text: what its library was made of, SQLCipher and OpenSSL.
    "sqlcipher3": ("SQLCipher-BSD-3-Clause", "Apache-2.0"),
    "shiboken6": ("Qt-notice", "LGPL-3.0", "GPL-3.0"),
}
# The wheel brings the text and does not say what it is called.
_NAMED = {"sqlcipher3": "Zlib AND BSD-3-Clause AND Apache-2.0"}
_SYSTEMS = (
    {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
    {"sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64", "os_name": "nt"},
)


def shipped(requirements: str) -> list[str]:
    """The names of the pinned packages that any desktop system installs, normalised and sorted."""
    names = set()
    for line in requirements.splitlines():
        found = re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)==\S+(?:\s*;\s*(.*?))?\s*\\?$", line)
        if found and (not found[2] or _applies(Marker(found[2]))):
            names.add(canonicalize_name(found[1]))
    return sorted(names)


def _applies(marker: Marker) -> bool:
    return any(
        marker.evaluate({**system, "python_version": version, "python_full_version": f"{version}.9"})
        for system in _SYSTEMS
        for version in ("3.11", "3.14")
    )


def licence_name(distribution: importlib.metadata.Distribution) -> str:
    """What a package calls its licence, in a line."""
    metadata = distribution.metadata
    named = metadata.get("License-Expression") or metadata.get("License") or ""
    if named and "\n" not in named and len(named) < 120:
        return str(named)
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    return ", ".join(text.rsplit("::", 1)[-1].strip() for text in classifiers if not text.endswith("OSI Approved"))


def licence_texts(distribution: importlib.metadata.Distribution) -> list[tuple[str, str]]:
    """The licence files a package brings, each with its path in the package; a text that comes twice is taken once."""
    texts: dict[str, str] = {}
    for file in sorted(distribution.files or [], key=str):
        in_licences = "licenses" in file.parts and ".dist-info" in str(file)
        if (in_licences or _TEXT.match(file.name)) and file.suffix.lower() not in (".py", ".pyc", ".pyi", ".so"):
            text = Path(str(distribution.locate_file(file))).read_text(encoding="utf-8", errors="replace")
            texts.setdefault("\n".join(line.rstrip() for line in text.strip().splitlines()), "/".join(file.parts[1:]))
    return [(path, text) for text, path in texts.items()]


def page(name: str, distribution: importlib.metadata.Distribution) -> str:
    """The page of a package: its licence's name, then every text."""
    texts = licence_texts(distribution)
    for standard in _STANDARD.get(name, ()):
        text = (_LICENCES / "standard" / f"{standard}.txt").read_text(encoding="utf-8").strip()
        texts.append((standard, text))
    if not texts:
        raise SystemExit(f"{name} brings no licence text; add the standard one to _STANDARD.")
    header = f"{distribution.metadata['Name']}\nLicence: {licence_name(distribution) or _NAMED.get(name, '')}\n"
    return header + "".join(f"\n{'-' * 100}\n{path}\n{'-' * 100}\n\n{text}\n" for path, text in texts)


def main() -> int:
    parser = argparse.ArgumentParser(description="Collects the licences of what is shipped.")
    parser.add_argument("--also", type=Path, action="append", default=[], help="a folder with further packages")
    options = parser.parse_args()
    path = [*sys.path, *(str(folder) for folder in options.also)]
    found = {canonicalize_name(each.name): each for each in importlib.metadata.distributions(path=path)}
    names = shipped(_RUN.read_text(encoding="utf-8"))
    if missing := [name for name in names if name not in found]:
        print(f"Not installed here: {', '.join(missing)}. Give their folder with --also.", file=sys.stderr)
        return 1
    packages = _LICENCES / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    for name in names:
        (packages / f"{name}.txt").write_text(page(name, found[name]), encoding="utf-8")
    print(f"{len(names)} licences in {packages.relative_to(_CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
