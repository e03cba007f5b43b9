# %% [markdown]
# # 5. What the model gets wrong
#
# The shipped ONNX file, through the shipped alignment, on the FER+ test split, and on photos.

# %%
import os
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown

import training
from inference import ValenceModel
from stream.faces.detection import open_detector
from training.datasets.crops import cropping
from training.datasets.ferplus import EMOTIONS
from training.datasets.prepare import prepare
from training.fitting.config import Data
from training.scoring.assessment import assess, of_model
from training.scoring.figures import error_histogram, face_sheet, scatter
from training.scoring.robustness import robustness
from training.scoring.tables import markdown
from valence.commands.training.commands import face_finder

os.chdir(Path(training.__file__).parents[1])  # paths as on the command line
plt.rcParams["figure.dpi"] = 70

DATA = Path(os.environ.get("VALENCE_DATA", "data"))
prepared = prepare(Data(kind="ferplus"), DATA, cropping(Path("models")), face_finder(crops=True))
predict, name = of_model(Path("models/valence.json"))
test = prepared.part("test")
predicted = predict(test.crops)
assess(test.valence, predicted).to_dict()

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
for axis, picture in zip(
    axes, (scatter(test.valence, predicted), error_histogram(test.valence, predicted)), strict=True
):
    axis.imshow(picture)
    axis.axis("off")

# %% [markdown]
# ## The best and the worst faces
#
# True > predicted. Look at the worst: some labels are wrong, some faces are turned or covered, and some
# smiles are ironic or strained, which people see and the network does not.

# %%
# not kept: pictures of FER2013
plt.figure(figsize=(11, 8))
plt.imshow(face_sheet(test, predicted, columns=12, rows=3))
_ = plt.axis("off")

# %% [markdown]
# ## By emotion, and by how much the judges agreed


# %%
def errors(chosen):
    """How far the predictions for the chosen faces are off."""
    off = predicted[chosen] - test.valence[chosen]
    return {"n": int(chosen.sum()), "rmse": float(np.sqrt((off**2).mean())), "bias": float(off.mean())}


first = test.votes.argmax(axis=1)
rows = []
for i, emotion in enumerate(EMOTIONS):
    chosen = first == i
    rows.append({"emotion": emotion, **errors(chosen)})
Markdown(markdown(sorted(rows, key=lambda r: -r["rmse"]), ("emotion", "n", "rmse", "bias")))

# %%
agreement = test.votes.max(axis=1)
rows = []
for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
    chosen = (agreement >= low) & (agreement < high)
    rows.append({"largest share of votes": f"{low:.1f} to {min(high, 1.0):.1f}", **errors(chosen)})
Markdown(markdown(rows, tuple(rows[0])))

# %% [markdown]
# Where people disagree, so does the network: much of what is left is in the labels.
#
# ## When pictures get worse
#
# Five hundred faces of the test split, corrupted as whole pictures, then aligned and read.

# %%
rows = prepared.rows("test")
some = np.random.default_rng(0).choice(rows, min(500, len(rows)), replace=False)
table = robustness(prepared.data, prepared.collected, some, prepared.cropping.aligner(), predict)
Markdown(markdown(table, tuple(table[0])))

# %% [markdown]
# ## Photos, sorted by valence
#
# Faces in colour and at full size, none of which it has seen: the two portraits in `media/`, and the
# photos in the folder `VALENCE_PORTRAITS`, if one is given.

# %%
photos = [Path("media/one_face.jpg"), Path("media/neutral_face.jpg")]
if portraits := os.environ.get("VALENCE_PORTRAITS"):
    photos += sorted(Path(portraits).glob("*.jpg"))
model, detector = ValenceModel.open(Path("models/valence.json")), open_detector()
found = []
for path in photos:
    picture = cv2.imread(str(path))
    scale = min(1.0, 640 / max(picture.shape[:2]))
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes = [d.box for d in sorted(detector.detect(picture), key=lambda d: -d.score)[:1]]
    crops = model.align(picture, boxes)
    for box, valence in zip(boxes, model.read(crops).valence, strict=True):
        wide = model.aligner.wide(picture, box, 1.5)
        found.append((float(valence), cv2.cvtColor(wide, cv2.COLOR_BGR2RGB)))
found.sort(key=lambda f: f[0])
columns = 8
figure, axes = plt.subplots(
    -(-len(found) // columns),
    columns,
    figsize=(11, 1.6 * -(-len(found) // columns)),
    layout="constrained",
    squeeze=False,
)
for axis in axes.flat:
    axis.axis("off")
for axis, (valence, face) in zip(axes.flat, found, strict=False):
    axis.imshow(face)
    axis.set_title(f"{valence:+.2f}", fontsize=9)
