"""What is needed on a system is followed as pip would follow it there."""

from __future__ import annotations

import pytest

from benchmarks.wheels import SYSTEMS, Findings, System, Wheel, follow, oldest, pins_of, show

LINUX, WINDOWS = (next(s for s in SYSTEMS if s.name == name) for name in ("Linux x86-64", "Windows x86-64"))
INDEX = {
    "top": ("uvicorn-like[fast]>=1", "old-only; python_version < '3.12'"),
    "uvicorn-like": ("loop; extra == 'fast' and sys_platform != 'win32'", "colour; sys_platform == 'win32'"),
    "loop": (),
    "colour": (),
    "old-only": (),
}


class Asked:
    """An index in which `absent` has no wheel; notes what it was asked."""

    def __init__(self, *absent: str) -> None:
        self.absent = absent
        self.questions: list[dict[str, str]] = []

    def __call__(self, _system: System, _python: str, wanted: dict[str, str]) -> dict[str, Wheel]:
        self.questions.append(wanted)
        there = [name for name in wanted if name not in self.absent]
        return {name: Wheel(f"{name.replace('-', '_')}-1.0-py3-none-any.whl", INDEX[name]) for name in there}


def names(system: System, python: str) -> set[str]:
    return set(follow(system, python, ["top"], {}, Asked(), set()).wheels)


def test_conditions_are_those_of_the_system_and_python_that_are_asked_about() -> None:
    assert names(LINUX, "3.11") == {"top", "uvicorn-like", "loop", "old-only"}
    assert names(LINUX, "3.12") == {"top", "uvicorn-like", "loop"}
    assert names(WINDOWS, "3.14") == {"top", "uvicorn-like", "colour"}


def test_what_was_needed_elsewhere_is_asked_at_once_but_counts_only_where_it_is_needed() -> None:
    index = Asked()
    found = follow(WINDOWS, "3.14", ["top"], {"loop": "==1.0"}, index, set(INDEX))
    assert len(index.questions) == 1
    assert index.questions[0]["loop"] == "==1.0"
    assert "loop" not in found.wheels


def test_missing_wheel_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    found = {("Linux x86-64", "3.14"): follow(LINUX, "3.14", ["top"], {}, Asked("loop"), set())}
    assert found["Linux x86-64", "3.14"].missing == {"loop"}
    pins = dict.fromkeys(INDEX, "==1.0")
    assert show(found, [LINUX], pins, every_pinned=True) == 1
    said = capsys.readouterr().out
    assert "not for 3.14" in said
    assert "Something is missing." in said


def test_package_without_a_version_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    found = {("Linux x86-64", "3.14"): Findings({"loop": Wheel("loop-1.0-py3-none-any.whl", ())})}
    assert show(found, [LINUX], {"loop": "==1.0"}, every_pinned=True) == 0
    assert show(found, [LINUX], {}, every_pinned=True) == 1
    assert "No version in constraints.txt: loop." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "version"),
    [
        ("numpy-2.4.6-cp314-cp314-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl", (2, 27)),
        ("onnxruntime-1.32.0-cp314-cp314-macosx_14_0_arm64.whl", (14, 0)),
        ("pillow-13.0.0-cp314-cp314-win_amd64.whl", ()),
        ("rich-15.0.0-py3-none-any.whl", ()),
    ],
)
def test_wheel_says_how_old_a_system_may_be(file: str, version: tuple[int, ...]) -> None:
    assert oldest(file) == version


def test_pins_are_read_with_the_names_of_the_index() -> None:
    assert pins_of("# tested\nJinja2==3.1.6\nPyYAML==6.0.3  # why\n\n") == {
        "jinja2": "==3.1.6",
        "pyyaml": "==6.0.3",
    }
