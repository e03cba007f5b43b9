"""AFEW-VA, FER+ and CSV labels become aligned faces; wrong data become one clear line."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inference.manifest import DEFAULT
from tests import MEDIA
from training.datasets import afewva as reader
from training.datasets import csvlabels, ferplus
from training.datasets.collect import collect
from training.datasets.crops import cropping
from training.datasets.prepare import Prepared, prepare
from training.errors import TrainingError
from training.fitting.config import Data

CROPPING = cropping(DEFAULT.parent)


@pytest.fixture
def copy(zips: Path, tmp_path: Path) -> Path:
    """The zips, to be damaged."""
    for file in zips.glob("*.zip"):
        shutil.copy(file, tmp_path)
    return tmp_path


def rewrite(path: Path, change: Any) -> None:
    """Passes every (name, bytes) of a zip through `change`, which may drop it by returning None."""
    with zipfile.ZipFile(path) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            if (changed := change(name, data)) is not None:
                archive.writestr(name, changed)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9000])


def test_every_labelled_frame_is_found_in_flat_and_nested_zips(zips: Path, afewva: Any) -> None:
    data = reader.read(zips)
    names = {e.name for e in data.examples}
    # 24 clips of 5 frames, less one without its picture and one without its label
    assert len(names) == len(data.examples) == 118
    assert "101/00000" in names  # from the nested zip
    assert f"{afewva.NO_PICTURE}/00002" not in names
    assert f"{afewva.NO_LABEL}/00001" not in names
    assert all(-1 <= e.valence <= 1 for e in data.examples)
    assert {e.valence * 10 for e in data.examples} <= set(range(-10, 11))
    assert {round(10 * e.arousal) for e in data.examples if e.arousal is not None} == {-1, 0, 1, 3, 4, 5}
    assert len({e.subject for e in data.examples}) == afewva.ACTORS
    text = " ".join(data.notes)
    assert "1 labelled frames have no picture" in text
    assert "1 pictures have no label" in text


def test_unpacked_folders_do_as_well_as_zips(copy: Path) -> None:
    zipped = reader.read(copy)
    for file in sorted(copy.glob("*.zip")):
        with zipfile.ZipFile(file) as archive:
            archive.extractall(copy / file.stem)
        file.unlink()
    unpacked = reader.read(copy)
    assert [e.name for e in unpacked.examples] == [e.name for e in zipped.examples]
    assert np.array_equal(unpacked.examples[0].read(), zipped.examples[0].read())


def test_faces_are_aligned_and_what_has_none_is_counted(prepared: Prepared, afewva: Any) -> None:
    faces = prepared.collected.faces
    assert faces.crops.shape == (len(faces), 64, 64)
    assert faces.wide.shape == (len(faces), 96, 96)
    # 118 labelled frames, less 5 without a face and one that cannot be decoded
    assert len(faces) == 112
    assert np.isnan(faces.votes).all()
    notes = " ".join(prepared.collected.notes)
    assert f"No face was found in 5 of 118 pictures; clips without any face: {afewva.NO_FACE}" in notes
    assert f"1 pictures were left out: {afewva.BROKEN}/00000" in notes


def test_smiling_and_neutral_crops_differ_more_than_crops_of_one_person(prepared: Prepared) -> None:
    """The alignment puts each person's eyes and mouth in the same place in every frame."""
    faces = prepared.collected.faces
    smiling = faces.valence > 0.3
    means = [faces.crops[rows].mean(axis=0) for rows in (smiling, ~smiling)]
    centred = [m - m.mean() for m in means]
    within = np.corrcoef(faces.crops[np.flatnonzero(smiling)[0]].ravel().astype(float), centred[0].ravel())[
        0, 1
    ]
    across = np.corrcoef(centred[0].ravel(), centred[1].ravel())[0, 1]
    assert within > 0.85 > across


def test_second_time_comes_from_the_cache_and_never_looks_at_a_picture(
    zips: Path, prepared: Prepared, locate: Any
) -> None:
    def refuse(image: Any) -> None:
        raise AssertionError("a cached face was looked for again")

    refuse.__module__, refuse.__qualname__ = locate.__module__, locate.__qualname__
    again = prepare(Data(), zips, CROPPING, refuse)
    assert np.array_equal(again.collected.faces.crops, prepared.collected.faces.crops)
    assert again.collected.notes == prepared.collected.notes
    assert again.splits == prepared.splits


def test_the_cache_knows_data_alignment_and_detector_apart(copy: Path, locate: Any, tmp_path: Path) -> None:
    table = tmp_path / "faces.csv"
    picture = MEDIA / "one_face.jpg"
    shutil.copy(picture, tmp_path / "a.jpg")
    table.write_text("path,valence\na.jpg,0.5\n")
    cache = tmp_path / "cache"
    collect(csvlabels.read(table), CROPPING, locate, cache)
    collect(csvlabels.read(table), CROPPING, locate, cache)
    assert len(list(cache.iterdir())) == 1
    table.write_text("path,valence\na.jpg,0.6\n")
    assert collect(csvlabels.read(table), CROPPING, locate, cache).faces.valence[0] == pytest.approx(0.6)
    collect(csvlabels.read(table), CROPPING, lambda image: (150.0, 20.0, 300.0, 200.0), cache)
    assert len(list(cache.iterdir())) == 3
    table.write_text("path,valence,arousal\na.jpg,0.6,-0.2\n")
    assert collect(csvlabels.read(table), CROPPING, locate, cache).faces.arousal[0] == pytest.approx(-0.2)


def test_of_several_faces_the_labelled_one_is_taken(locate: Any, tmp_path: Path) -> None:
    from training.datasets.collect import find
    from training.datasets.examples import Example

    media = MEDIA
    left, right = (cv2.imread(str(media / n))[:400, :512] for n in ("one_face.jpg", "neutral_face.jpg"))
    both = np.hstack([left, right])
    for near, side in (((180.0, 60.0, 270.0, 170.0), "left"), ((702.0, 160.0, 860.0, 330.0), "right")):
        example = Example("x", "x", "", 0.0, lambda: both, near=near)
        box = find(both, example, locate)
        assert box is not None
        assert (box[2] < 512) == (side == "left")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "07.zip").unlink(), "07.zip is missing"),
        (lambda d: (d / "07.zip").write_bytes(b"not a zip"), "07.zip is not a readable zip"),
        (
            lambda d: (d / "07.zip").write_bytes((d / "07.zip").read_bytes()[:9000]),
            "07.zip is not a readable zip",
        ),
        (lambda d: shutil.copy(d / "01.zip", d / "02.zip"), "clip 001 is in "),
        (
            lambda d: rewrite(d / "05.zip", lambda n, b: None if n.endswith("201.json") else b),
            "clip 201 in .* has no JSON file",
        ),
        (
            lambda d: rewrite(d / "05.zip", lambda n, b: b"{" if n.endswith("201.json") else b),
            "201.json is not JSON",
        ),
        (
            lambda d: rewrite(d / "05.zip", lambda n, b: b'{"actor": "x"}' if n.endswith("201.json") else b),
            "201.json has no frames",
        ),
        (lambda d: rewrite(d / "05.zip", _label(11)), "clip 201 .* valence 11 is outside -10..10"),
        (lambda d: rewrite(d / "05.zip", _label("much")), "clip 201 .* has no valence"),
        (lambda d: rewrite(d / "05.zip", _label(None)), "clip 201 .* has no valence"),
    ],
)
def test_damaged_data_is_one_clear_line(copy: Path, damage: Any, message: str, locate: Any) -> None:
    damage(copy)
    before = sorted(copy.iterdir())
    with pytest.raises(TrainingError, match=message) as caught:
        prepare(Data(), copy, CROPPING, locate)
    assert "\n" not in str(caught.value)
    assert sorted(copy.iterdir()) == before, "something was written"


def _label(valence: Any) -> Any:
    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("201.json"):
            return data
        values = json.loads(data)
        values["frames"]["00000"]["valence"] = valence
        return json.dumps(values).encode()

    return change


def test_a_damaged_picture_in_a_zip_is_named_and_leaves_no_cache(copy: Path, locate: Any) -> None:
    path = copy / "05.zip"
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("201/00003.png")
    data = bytearray(path.read_bytes())
    start = info.header_offset + 30 + len("201/00003.png")
    data[start + 500] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(TrainingError, match=r"05\.zip is damaged at 201/00003\.png"):
        prepare(Data(), copy, CROPPING, locate)
    assert not list((copy / "cache").glob("*")) if (copy / "cache").exists() else True


def test_no_face_anywhere_is_an_error(copy: Path) -> None:
    with pytest.raises(TrainingError, match="no face was found in any of the 118 pictures"):
        prepare(Data(), copy, CROPPING, lambda image: None)


def test_ferplus_from_npz_and_from_png_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (4, 48, 48)).astype(np.uint8)
    names = [f"fer{i:07d}.png" for i in range(4)]
    votes = [[0, 9, 0, 0, 0, 0, 0, 1], [0, 0, 0, 10, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1], [10] + [0] * 7]
    usages = ["Training", "PublicTest", "PrivateTest", "PrivateTest"]
    with (tmp_path / "fer2013new.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Usage", "Image name", *ferplus.EMOTIONS, "unknown", "NF"])
        for usage, name, vote in zip(usages, names, votes, strict=True):
            rows.writerow([usage, name, *vote, 0, 0])
    for name, picture in zip(names, pictures, strict=True):
        cv2.imwrite(str(tmp_path / name), picture)
    from_png = ferplus.dataset(tmp_path)
    np.savez(tmp_path / "ferplus_48.npz", X=pictures, name=np.array(names))
    from_npz = ferplus.dataset(tmp_path)
    for data in (from_png, from_npz):
        # the stray vote for contempt is dropped; the face nobody agrees on is left out
        assert [round(e.valence, 3) for e in data.examples] == [0.8, -0.65, 0.0]
        assert [round(e.arousal or 0, 3) for e in data.examples] == [0.5, -0.25, 0.0]
        assert data.official is not None
        assert data.official.test == (names[3],)
        assert data.official.folds == ((names[1],),)
        assert "1 faces were left out: no emotion has two votes." in data.notes
        assert np.array_equal(data.examples[0].read(), np.repeat(pictures[0][..., None], 3, axis=2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,label\na.jpg,0\n", "needs the columns path,valence"),
        ("path,valence\na.jpg,happy\n", "line 2: valence 'happy' is not a number"),
        ("path,valence\na.jpg,0.5\nb.jpg,1.5\n", "line 3: valence 1.5 is outside -1..1"),
        ("path,valence\na.jpg,nan\n", "line 2: valence nan is outside"),
        ("path,valence,arousal\na.jpg,0,2\n", "line 2: arousal 2 is outside -1..1"),
        ("path,valence\na.jpg,0.5\na.jpg,0.6\n", "line 3: a.jpg is there already, in line 2"),
        ("path,valence\nnowhere.jpg,0.5\n", "names no picture that exists"),
    ],
)
def test_wrong_csv_is_one_clear_line(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "b.jpg").write_bytes(b"x")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(TrainingError, match=message):
        csvlabels.read(tmp_path / "labels.csv")
