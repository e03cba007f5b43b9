# %% [markdown]
# # 1. The data
#
# What the network learns from: FER+, its labels, the crop, the splits, and what augmentation does to a
# face. AFEW-VA goes the same way (`training/README.md`); it cannot be shown here, because its authors
# hand it out on request only.

# %%
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import training
from training.datasets.crops import cropping
from training.datasets.ferplus import EMOTIONS, VALENCE
from training.datasets.prepare import prepare
from training.fitting.augmentation import Augmentation, augment
from training.fitting.config import Data
from valence.commands.training.commands import face_finder

os.chdir(Path(training.__file__).parents[1])  # paths as on the command line
plt.rcParams["figure.dpi"] = 70

DATA = Path(os.environ.get("VALENCE_DATA", "data"))
prepared = prepare(Data(kind="ferplus"), DATA, cropping(Path("models")), face_finder(crops=True))
print("\n".join(prepared.remarks))
{part: len(prepared.part(part)) for part in ("train", "validation", "test")}

# %% [markdown]
# ## From votes to valence
#
# Ten people chose one of eight emotions for every face. An emotion with a single vote is dropped; each
# of the others counts with the pleasure that people give its word (Russell & Mehrabian 1977). So a face
# that divides its judges lies between the emotions, which is what we want to learn.

# %%
for emotion, valence in zip(EMOTIONS, VALENCE, strict=True):
    print(f"{emotion:10} {valence:+.2f}")

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 2.6), sharey=True, layout="constrained")
for axis, part in zip(axes, ("train", "validation", "test"), strict=True):
    values = prepared.part(part).valence
    axis.hist(values, bins=np.linspace(-0.8, 0.9, 35), density=True)
    axis.set(title=f"{part}: mean {values.mean():+.3f}, sd {values.std():.3f}", xlabel="valence")

# %% [markdown]
# The three splits look alike. Two heaps stand out: smiles, on which people agree, and faces without
# expression. Strongly negative faces are rarer, and people agree on them less: that is where a network
# will be least sure.
#
# ## The crop
#
# The detector's box is only where to look; five points (eyes, nose, mouth corners) decide how the face
# is turned and scaled. A row is a sixth of the test split, from the most negative down
# to the most positive.

# %%
# not kept: pictures of FER2013
test = prepared.part("test")
rng = np.random.default_rng(0)
order = np.argsort(test.valence)
rows = []
for block in np.array_split(order, 6):
    rows.append(np.hstack(test.crops[np.sort(rng.choice(block, 14, replace=False))]))
plt.figure(figsize=(11, 5))
plt.imshow(np.vstack(rows), cmap="gray")
_ = plt.axis("off")

# %% [markdown]
# ## What augmentation does
#
# One face (left: as it is), changed at random: turned, moved, lit, blurred, shrunk, compressed, covered.
# The same seed, epoch and face always give the same change, so a run can be repeated and resumed.

# %%
# not kept: pictures of FER2013
faces = prepared.part("validation")
sheet = []
for i in (3, 40, 77):
    changed = [augment(faces.wide[i], 64, np.random.default_rng(s), Augmentation()) for s in range(13)]
    sheet.append(np.hstack([faces.crops[i], *changed]))
plt.figure(figsize=(11, 2.6))
plt.imshow(np.vstack(sheet), cmap="gray")
_ = plt.axis("off")
