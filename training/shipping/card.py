"""The model card, written from the manifest and the measured figures.

``figures.json`` beside the manifest holds what the manifest does not: ``robustness`` (rows as from
`training.scoring.robustness`), ``recognition`` and ``detector`` (as from the benchmarks of these names),
``attributes`` (as from `valence train-attributes`), ``groups`` (by what they are of, as from
`training.scoring.groups`), ``tried`` (what was tried and how well it did) and
``notes``. Whoever measures again calls `record`; nobody edits figures in prose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from training.datasets.files import read_json, write_bytes, write_json
from training.scoring.groups import table
from training.scoring.tables import cell, markdown

FIGURES, CARD = "figures.json", "README.md"

_VARIANT = ("variant", "ccc", "rmse", "sagr", "bytes", "ms_batch_1", "ms_batch_8")
_CARD = Template(
    """# Model card: $name $version

<!-- Written by training.shipping.card from valence.json and figures.json. Change those, not this page. -->

Reads the valence of a facial expression (how negative or positive it looks, from -1 to +1) off one
aligned grey face of $side x $side pixels. `valence.onnx` is the network, `valence.json` says how to feed
it, `landmarks.onnx` finds the five points by which faces are aligned.$others

## What it was trained on

$data

Target: $target.
$licence
## How well it reads

$split, $n faces, through the shipped ONNX file and the shipped alignment:

$scores

95 % confidence intervals by bootstrap. SAGR: agreement of signs where |valence| > 0.15. Calibration
slope $slope, intercept $intercept (least squares, from predicted to true; 1 and 0 are perfect).
$beside$expressions
## Speed and size

$variants

Milliseconds per face on one CPU thread. Shipped: $shipped.$parity

## How far a reading may be off

$error

## When pictures get worse

$robustness

## Who is read how

$groups

Measurements from outside report that older people and men read slightly too positive, children and women
slightly too negative (by 0.03 to 0.07), with no trend by skin tone; they were not repeated here. Unknown:
differences between cultures, by glasses, beards and make-up, and of people whose faces move otherwise, e.g.
after a stroke. With labels of your own, `valence evaluate LABELS.csv --by COLUMN` and `python -m
benchmarks.groups LABELS.csv` say how each group is read.
$recognition$detector$attributes$tried
## What it cannot do

- It reads how a face *looks*, as a crowd would judge it; not what the person feels.
- Its labels are those of one crowd and one collection. Faces, ages and cultures that are rare there
  are read less well, and nobody has measured by how much.
- A face that is turned away, covered or smaller than about 30 pixels gets a value too: look at the
  sample's quality before you trust it.
- It must not decide about a person: not hiring, not grading, not policing.
$notes"""
)


_OTHERS = {
    "recognition": "`recognition.onnx` tells the\npeople in one recording apart.",
    "detector": "`detector.onnx` finds the faces.",
    "attributes": "`attributes.onnx` tells what is seen of them.",
}
_RECOGNITION = Template(
    """
## Who is who

`recognition.onnx` describes a face, a colour picture of 150 x 150 pixels, by 128 numbers that lie near to
each other for one person. Within one recording it finds people again after a cut or an absence; its
numbers are not kept. It is dlib's face-recognition network (Davis King, dlib-models, 2017, public domain:
CC0; learnt from about three million faces of VGG Face, FaceScrub and the web), in eight bits: $size MB,
$ms ms a face on one CPU thread. `python -m benchmarks.recognition` makes and measures it.

$rows

Equal-error rate: the share of pairs taken wrongly at the limit where it is the same for pairs of one person
and of two. A pair of one person is two views of one picture, rolled, at another size, in another light,
blurred and compressed: real pairs differ more (dlib's author reports 99.4 % right on Labelled Faces in the
Wild). Its mistakes are not spread evenly over ages and origins, and nobody has measured here by how much.
"""
)
_ATTRIBUTES = Template(
    """
## What is seen of a face

`attributes.onnx` sees the same crop and tells, each as a probability, whether it shows the face of a human,
upright and whole, and whether its eyes are closed, its mouth or half of it is covered: $size KB, $ms ms a
face on one CPU thread. `valence train-attributes` makes it, from FER+'s faces that are turned and covered
there, and from pictures without people; eyes were looked at by one person in $eyes faces.

$rows

Area under the receiver operating characteristic on the validation split, on faces whose eyes were held out
and on pictures that were never learnt from (the sample pictures of scikit-image, scikit-learn, imgaug and
grad-cam, a mountain film). Covers are composed, so that real ones are told less well; so are animals: it has
met few, and takes many a dog for a person.
"""
)


_DETECTOR = Template(
    """
## Where faces are

`detector.onnx` finds the faces in a picture of any size: their boxes, scores and five points each. It is the
network of libfacedetection (Wu, Peng & Yu, "YuNet: a tiny millisecond-level face detector", 2023; copyright
Shiqi Yu, BSD with three clauses: [LICENSE.libfacedetection](LICENSE.libfacedetection)) with the weights that
its authors publish, learnt from WIDER Face. `python -m training.shipping.detector` wrote the file ($size kB)
from the library that carries them. The points of a tilted face are drawn towards those of an upright one (at
30 degrees, on faces below 160 pixels, by most of the tilt): they do not tell how far it is turned.

By `python -m benchmarks.detector`, on $pictures pictures: the library finds $library boxes, ours has $same of
them (intersection over union of at least 0.98 once ours are cut to whole pixels as the library's are) and
$more more; scores are at most $score apart. Ours are not cut, so that faces lie steadier from frame to frame.

$rows

Milliseconds of processor time a picture, one thread, both in turn.
"""
)


def render(manifest: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    metrics, training = manifest.get("metrics", {}), manifest.get("training", {})
    calibration = metrics.get("calibration", {})
    variants = [{"variant": name, **values} for name, values in metrics.get("variants", {}).items()]
    return (
        _CARD.substitute(
            name=manifest["name"],
            version=manifest.get("version", ""),
            side=manifest["input"]["side"],
            data=_data(training),
            target=training.get("target", "not stated"),
            licence=f"\nLicence of the data: {training['licence']}\n" if training.get("licence") else "",
            split=metrics.get("split", "Not measured"),
            n=metrics.get("n", 0),
            scores=_scores(metrics),
            slope=cell(calibration.get("slope")),
            intercept=cell(calibration.get("intercept")),
            variants=markdown(
                variants, ("variant", "ccc", "rmse", "sagr", "bytes", "ms_batch_1", "ms_batch_8")
            ),
            shipped=metrics.get("shipped", "float32"),
            parity=_parity(manifest),
            error=_error(manifest),
            beside=_beside(metrics, training),
            expressions=_expressions(metrics),
            robustness=_robustness(figures.get("robustness", [])),
            groups=_groups(figures.get("groups", {})),
            others="".join(f" {said}" for name, said in _OTHERS.items() if name in figures),
            recognition=_recognition(figures.get("recognition")),
            detector=_detector(figures.get("detector")),
            attributes=_attributes(figures.get("attributes")),
            tried=_tried(figures.get("tried", [])),
            notes="".join(f"- {note}\n" for note in figures.get("notes", [])),
        ).rstrip()
        + "\n"
    )


def write_card(models: Path) -> Path:
    """Writes ``README.md`` in the folder `models` from the manifest and the figures there.

    Raises:
        TrainingError: there is no manifest, or the card cannot be written.
    """
    manifest = read_json(models / "valence.json")
    figures = read_json(models / FIGURES) if (models / FIGURES).is_file() else {}
    path = models / CARD
    write_bytes(path, render(manifest, figures).encode())
    return path


def record(models: Path, **figures: Any) -> Path:
    """Puts `figures` (``robustness``, ``tried`` or ``notes``) into ``figures.json``; writes the card anew.

    Raises:
        TrainingError: there is no manifest in `models`, or nothing can be written there.
    """
    path = models / FIGURES
    known = read_json(path) if path.is_file() else {}
    read_json(models / "valence.json")
    write_json(path, {**known, **figures})
    return write_card(models)


def _data(training: Mapping[str, Any]) -> str:
    faces = training.get("faces", {})
    counts = ", ".join(f"{n} for {part}" for part, n in faces.items())
    text = f"{training.get('data', 'Not stated')}" + (f": {counts} faces." if counts else ".")
    return "\n".join([text, *(f"- {remark}" for remark in training.get("remarks", []))])


def _scores(metrics: Mapping[str, Any]) -> str:
    rows = []
    for name in ("ccc", "pcc", "rmse", "sagr"):
        if name in metrics:
            low, high = metrics.get("ci95", {}).get(name, (None, None))
            rows.append({"score": name.upper(), "value": metrics[name], "from": low, "to": high})
    return markdown(rows, ("score", "value", "from", "to"))


_ERROR = Template(
    """Each reading has an error of its own (column `valence_error`), from what the network expects, the
sample's quality and the reading: `exp(offset + power * log(spread))`, where offset and power are
a + b (1 - quality) + c |valence|. They were fitted on the validation split, clean and under each corruption
of the table below, so that what raters think of a face on average lies within one error of 68 % of the
readings, and within 2.1 of 95 % (more than a normal distribution's 1.96: some faces are read quite wrongly).
On the test split (shares in per cent):

$rows

It speaks of faces and raters as in that collection. What all faces of another one have in common (another
camera, age or culture, raters who judge otherwise) is not in it; and errors of one face in neighbouring
frames go together, so that a longer look does not make them smaller."""
)


def _error(manifest: Mapping[str, Any]) -> str:
    rows = manifest.get("metrics", {}).get("error")
    if not rows:
        return "Not stated: the network does not say, or nobody has measured what that is worth."
    return _ERROR.substitute(rows=markdown(rows, tuple(rows[0])))


def _beside(metrics: Mapping[str, Any], training: Mapping[str, Any]) -> str:
    """What the network says beside valence."""
    text = ""
    if arousal := metrics.get("arousal"):
        target = training.get("arousal", "not stated")
        scores = ", ".join(f"{name.upper()} {cell(arousal[name])}" for name in ("ccc", "pcc", "rmse"))
        text += f"\nArousal (how calm or excited a face looks, -1 to 1; target: {target}): {scores}, "
        text += f"n = {arousal['n']}.\n"
    if shares := metrics.get("expressions"):
        alike, same = (f"{100 * shares[name]:.0f} %" for name in ("alike", "accuracy"))
        text += f"\nShares of expressions: network and raters share out {alike} of them alike; the likeliest "
        text += f"is the raters' likeliest for {same}, n = {shares['n']}.\n"
    return text


_EXPRESSIONS = Template(
    """
### By expression

$rows

Valence of the faces with most votes for an expression, as voted and as read; 95 % intervals by bootstrap.
Faces of few votes are read towards the mean: a network that cannot be sure is right to be mild, and negative
expressions, on which raters agree less, are stretched part of the way back (`calibration.below` in the
manifest).
"""
)


def _expressions(metrics: Mapping[str, Any]) -> str:
    """How each expression is read, and what the upper end of the scale means."""
    text = ""
    if rows := metrics.get("by_expression"):
        text += _EXPRESSIONS.substitute(rows=table(rows))
    if smiles := metrics.get("smiles"):
        text += (
            "\nWhat the upper end means: votes end at +0.80 for every face that all call happy. Such faces "
            f"(n = {smiles['n']}) read from {cell(smiles['low'])} to {cell(smiles['high'])} (5th to 95th "
            "percentile)"
        )
        if "evidence" in smiles:
            text += (
                ", in the order of the evidence for happiness that the network finds in them (rank "
                f"correlation {cell(smiles['evidence'])}): a faint smile below, a broad laugh above"
            )
        text += ".\n"
    return text


def _parity(manifest: Mapping[str, Any]) -> str:
    """Which file runs where, and how far apart they read."""
    variants, apart = manifest.get("variants", {}), manifest.get("metrics", {}).get("apart")
    text = "".join(f" {v['precision']} (`{v['file']}`) is for {device}." for device, v in variants.items())
    if text and apart is not None:
        text += f" Float32 and int8 read the same test faces {cell(apart)} apart, on average."
    return text


def _robustness(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "Not measured for this version."
    table = markdown(rows, ("corruption", "ccc", "rmse", "sagr", "lost"))
    return f"{table}\n\nThe last column is the CCC that is lost. Whole pictures were corrupted, then aligned."


def _groups(figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    if not figures:
        return "Not measured for this version: its test data say of nobody how old they are, or of what sex."
    parts = [f"{what}:\n\n{table(groups)}" for what, groups in figures.items()]
    note = (
        "Bias: read minus true, above zero where a group is read too positive; 95 % intervals by bootstrap."
    )
    return "\n\n".join([*parts, note])


def _recognition(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    rows = [
        {
            **{name: row[name] for name in ("faces", "people", "views", "limit")},
            "equal-error rate": f"{100 * row['equal_error']:.2f} %",
            "one person: median, 99 %": " / ".join(cell(v) for v in row["same"]),
            "two people: 0.1 %, median": " / ".join(cell(v) for v in row["others"]),
        }
        for row in figures["rows"]
    ]
    size = f"{figures['bytes'] / 1e6:.1f}"
    return _RECOGNITION.substitute(size=size, ms=figures["ms"], rows=markdown(rows, tuple(rows[0])))


def _attributes(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    rows = [{"told apart": name, "area": area} for name, area in figures["areas"].items()]
    return _ATTRIBUTES.substitute(
        size=round(figures["bytes"] / 1000),
        ms=figures["ms"],
        eyes=figures["eyes"],
        rows=markdown(rows, ("told apart", "area")),
    )


def _detector(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return ""
    same, speed = figures["same"], figures["speed"]
    return _DETECTOR.substitute(
        size=round(figures["bytes"] / 1000),
        pictures=same["pictures"],
        library=same["library"],
        same=same["same"],
        more=same["ours"] - same["same"],
        score=f"{same['score']:.3f}",
        rows=markdown(speed, tuple(speed[0])),
    )


def _tried(rows: Sequence[Mapping[str, Any]]) -> str:
    return f"\n## What was tried\n\n{markdown(rows, tuple(rows[0]))}\n" if rows else ""
