"""On which systems the product can be installed: whether all that it needs is there as wheels.

    python -m benchmarks.wheels [--extra postgres] [--python 3.14] [--system "macOS arm64"] [--newest]

For each system and Python, what pyproject.toml wants is followed through, in the versions of constraints.txt
(with --newest: in the newest that are there), with the conditions that hold there; pip is asked for each (it
reads what the index says of a wheel). Shown are the packages that are compiled, the Pythons they are there
for, and the oldest macOS or glibc that they ask for. Exit code 1: something is missing, or has no version in
constraints.txt.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_MISSING = re.compile(r"No matching distribution found for ([\w.-]+)")


@dataclass(frozen=True)
class System:
    """One column of the table."""

    name: str
    platforms: tuple[str, ...]
    """As wheels are named, those of older systems first: the wheel that asks for least is taken."""
    markers: dict[str, str]
    wanted: bool = True
    """Whether a wheel that is missing is a fault."""


def _glibc(machine: str) -> tuple[str, ...]:
    return (f"manylinux2014_{machine}", *(f"manylinux_2_{minor}_{machine}" for minor in range(17, 40)))


def _macos(machine: str, first: int) -> tuple[str, ...]:
    return tuple(f"macosx_{major}_0_{machine}" for major in range(first, 16))


def _markers(system: str, name: str, os_name: str, machine: str) -> dict[str, str]:
    return {
        "platform_system": system,
        "sys_platform": name,
        "os_name": os_name,
        "platform_machine": machine,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_version": "",
    }


SYSTEMS = (
    System("Linux x86-64", _glibc("x86_64"), _markers("Linux", "linux", "posix", "x86_64")),
    System("Linux arm64", _glibc("aarch64"), _markers("Linux", "linux", "posix", "aarch64")),
    System("macOS arm64", _macos("arm64", 11), _markers("Darwin", "darwin", "posix", "arm64")),
    System(
        "macOS x86-64", _macos("x86_64", 11), _markers("Darwin", "darwin", "posix", "x86_64"), wanted=False
    ),
    System("Windows x86-64", ("win_amd64",), _markers("Windows", "win32", "nt", "AMD64")),
    System("Windows arm64", ("win_arm64",), _markers("Windows", "win32", "nt", "ARM64"), wanted=False),
)


@dataclass(frozen=True)
class Wheel:
    """What the index has for one system and Python."""

    file: str
    requires: tuple[str, ...]


Ask = Callable[[System, str, dict[str, str]], dict[str, Wheel]]
"""What is there of packages in their versions (`==1.0`, or "" for any), on a system and Python."""


@dataclass
class Findings:
    """What was found for one system and Python."""

    wheels: dict[str, Wheel] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


def follow(
    system: System, python: str, wanted: Iterable[str], versions: dict[str, str], ask: Ask, known: set[str]
) -> Findings:
    """All that `wanted` (as pyproject.toml writes it) needs there. `known`: names that were needed
    elsewhere; they are asked for with the first, so that few questions are asked."""
    environment = {**system.markers, "python_version": python, "python_full_version": f"{python}.0"}
    everything: dict[str, Wheel] = {}
    asked: set[str] = set()
    while True:
        needed = _needed([Requirement(line) for line in wanted], everything, environment)
        new = (needed | (known if not asked else set())) - asked
        if not new:
            found = {name: everything[name] for name in needed if name in everything}
            return Findings(found, needed - set(found))
        asked |= new
        everything |= ask(system, python, {name: versions.get(name, "") for name in sorted(new)})


def _needed(wanted: list[Requirement], there: dict[str, Wheel], environment: dict[str, str]) -> set[str]:
    """The names that follow from what is known of the wheels that are there."""
    extras: dict[str, set[str]] = defaultdict(set)
    waiting = [(one, "") for one in wanted]
    seen: set[tuple[str, str]] = set()
    while waiting:
        one, extra = waiting.pop()
        if one.marker is not None and not one.marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(one.name)
        extras[name] |= one.extras
        for own in ("", *one.extras):
            if (name, own) not in seen:
                seen.add((name, own))
                waiting += (
                    [(Requirement(line), own) for line in there[name].requires] if name in there else []
                )
    return set(extras)


def ask_pip(system: System, python: str, wanted: dict[str, str]) -> dict[str, Wheel]:
    """By `pip install --dry-run`: for another system than this one it reads and installs nothing."""
    left = dict(wanted)
    while left:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            command += ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary=:all:"]
            command += ["--target", folder, "--report", str(report)]
            command += ["--implementation", "cp", "--python-version", python]
            command += [word for platform in system.platforms for word in ("--platform", platform)]
            command += [name + version for name, version in left.items()]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode == 0:
                content = json.loads(report.read_text(encoding="utf-8"))
                return {
                    canonicalize_name(one["metadata"]["name"]): Wheel(
                        one["download_info"]["url"].rpartition("/")[2],
                        tuple(one["metadata"].get("requires_dist", ())),
                    )
                    for one in content["install"]
                }
        found = _MISSING.search(done.stderr)
        if found is None:
            raise SystemExit(f"pip cannot be asked: {done.stderr.strip()}")
        del left[canonicalize_name(found[1])]
    return {}


def pins_of(constraints: str) -> dict[str, str]:
    """Versions (`==1.0`) by name, out of the text of constraints.txt."""
    lines = (line.partition("#")[0].strip() for line in constraints.splitlines())
    return {
        canonicalize_name(line.partition("==")[0]): f"=={line.partition('==')[2]}" for line in lines if line
    }


def is_pure(file: str) -> bool:
    """Whether a wheel runs on every system."""
    return file.endswith("-any.whl")


def oldest(file: str) -> tuple[int, ...]:
    """The version of macOS or of glibc that a wheel asks for at least; empty where it says none."""
    versions = []
    for tag in parse_wheel_filename(file)[3]:
        parts = re.match(r"(?:macosx|manylinux)_(\d+)_(\d+)_", tag.platform)
        if parts is not None:
            versions.append((int(parts[1]), int(parts[2])))
    return min(versions, default=())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--extra", action="append", default=[], help="of pyproject.toml; may be repeated")
    options.add_argument("--python", action="append", help="e.g. 3.14; may be repeated")
    options.add_argument("--system", action="append", choices=[system.name for system in SYSTEMS])
    options.add_argument("--newest", action="store_true", help="not as constraints.txt pins them")
    given = options.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = pins_of((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    wanted = project["dependencies"] + [
        line for extra in given.extra for line in project["optional-dependencies"][extra]
    ]
    if given.newest:
        pins = {canonicalize_name(one.name): str(one.specifier) for one in map(Requirement, wanted)}
    systems = [system for system in SYSTEMS if not given.system or system.name in given.system]
    found: dict[tuple[str, str], Findings] = {}
    known: set[str] = set()
    for system in systems:
        for python in given.python or PYTHONS:
            found[system.name, python] = follow(system, python, wanted, pins, ask_pip, known)
            known |= set(found[system.name, python].wheels)
    return show(found, systems, pins, every_pinned=not given.newest)


def show(
    found: dict[tuple[str, str], Findings], systems: list[System], pins: dict[str, str], every_pinned: bool
) -> int:
    """Prints the table; the exit code."""
    names = sorted({name for one in found.values() for name in (*one.wheels, *one.missing)})
    compiled = [name for name in names if any(_is_compiled(one, name) for one in found.values())]
    table = Table("compiled", *(system.name for system in systems))
    for name in compiled:
        table.add_row(name, *(_cell(found, system.name, name) for system in systems))
    table.add_section()
    table.add_row("oldest system", *(_version(_oldest(found, system.name, names)) for system in systems))
    screen = Console(width=30 + 24 * len(systems))
    screen.print(table)
    screen.print(f"Pure Python: {', '.join(name for name in names if name not in compiled)}.")
    unpinned = [name for name in names if name not in pins] if every_pinned else []
    if unpinned:
        screen.print(f"No version in constraints.txt: {', '.join(unpinned)}.", style="red")
    wanted = {system.name for system in systems if system.wanted}
    lacking = any(one.missing for (system, _), one in found.items() if system in wanted)
    screen.print("Something is missing." if lacking else "Everything that is wanted is there.")
    return int(lacking or bool(unpinned))


def _is_compiled(one: Findings, name: str) -> bool:
    return name in one.missing or (name in one.wheels and not is_pure(one.wheels[name].file))


def _cell(found: dict[tuple[str, str], Findings], system: str, name: str) -> str:
    """For which Pythons it is there, in which versions, and the system that it asks for."""
    there = [python for (place, python), one in found.items() if place == system and name in one.wheels]
    missing = [python for (place, python), one in found.items() if place == system and name in one.missing]
    if missing:
        return f"[red]not for {', '.join(missing)}[/red]"
    if not there:
        return "not needed"
    files = [
        one.wheels[name].file for (place, _), one in found.items() if place == system and name in one.wheels
    ]
    versions = dict.fromkeys(str(parse_wheel_filename(file)[1]) for file in files)
    return f"{', '.join(versions)} {_version(_oldest(found, system, [name]))}"


def _oldest(found: dict[tuple[str, str], Findings], system: str, names: Iterable[str]) -> tuple[int, ...]:
    files = [
        one.wheels[n].file for (s, _), one in found.items() if s == system for n in names if n in one.wheels
    ]
    return max(map(oldest, files), default=())


def _version(parts: tuple[int, ...]) -> str:
    return f"({'.'.join(map(str, parts))})" if parts else ""


if __name__ == "__main__":
    sys.exit(main())
