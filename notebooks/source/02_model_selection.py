# %% [markdown]
# # 2. Which network?
#
# Three families by the same recipe: ours, MobileNetV3 and EfficientNet-B0 (what the original system
# used), all for 64-pixel grey faces, and here half as wide. To keep this page light it trains on a
# few thousand faces and for a few epochs; `valence model-selection` is the same phase on all of them.

# %%
import os
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

import training
from training.datasets.crops import cropping
from training.datasets.prepare import prepare
from training.datasets.splits import Splits
from training.fitting import phases
from training.fitting.config import Config, Data
from training.fitting.progress import Bars
from training.fitting.recipe import Recipe
from training.fitting.runs import open_run
from valence.commands.training.commands import face_finder

os.chdir(Path(training.__file__).parents[1])  # paths as on the command line
plt.rcParams["figure.dpi"] = 70
torch.set_num_threads(1)

DATA = Path(os.environ.get("VALENCE_DATA", "data"))
prepared = prepare(Data(kind="ferplus"), DATA, cropping(Path("models")), face_finder(crops=True))

rng = np.random.default_rng(0)
validation = tuple(rng.choice(prepared.splits.validation(1), 1000, replace=False))
train = tuple(rng.choice(prepared.splits.training(1), 3000, replace=False))
few = replace(prepared, splits=Splits((*train, *validation), prepared.splits.test, (validation,)))

# %%
config = Config(
    data=Data(kind="ferplus"),
    recipe=Recipe(epochs=6, batch=64, average=0.97, options={"width": 0.5}),
    workers=0,
)
run = open_run(Path("runs"), "model_selection", "comparison", config)
with Bars() as bars:
    result = phases.model_selection(run, few, bars)

# %% [markdown]
# ## How good, how fast
#
# Milliseconds are those of the ONNX file on one CPU thread, which is where it is served. On faces this
# small, depth and width cost more than they bring: the large families were made for 224-pixel
# pictures of a thousand things.

# %%
figure, axis = plt.subplots(figsize=(5, 3.2), layout="constrained")
for row in result["networks"]:
    low, high = row["ci95"]["ccc"]
    axis.errorbar(
        row["ms_batch_8"], row["ccc"], [[row["ccc"] - low], [high - row["ccc"]]], fmt="o", capsize=3
    )
    label = f"  {row['network']}, {row['parameters'] / 1e6:.1f} M"
    axis.annotate(label, (row["ms_batch_8"], row["ccc"]))
axis.set(xlabel="ms per face, batch of 8", ylabel="CCC, validation", xlim=(0, None))
_ = axis.margins(x=0.45)
