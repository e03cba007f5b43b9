# %% [markdown]
# # 3. Which settings?
#
# `valence tune` searches with Optuna: it proposes learning rate, weight decay, dropout, the weight of
# the concordance loss and the strength of the augmentation, and stops trials that lag behind. Here a
# few short trials on a few faces show how it works; the study lies in a database, so that it can be
# killed and resumed.

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
from training.fitting import tuning
from training.fitting.config import Config, Data, Search
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
train = tuple(rng.choice(prepared.splits.training(1), 1000, replace=False))
few = replace(prepared, splits=Splits((*train, *validation), prepared.splits.test, (validation,)))

# %%
config = Config(
    data=Data(kind="ferplus"),
    recipe=Recipe(epochs=5, batch=32, average=0.97, options={"width": 0.25}),
    search=Search(trials=10, startup_trials=4, warmup_epochs=1),
    workers=0,
)
run = open_run(Path("runs"), "tuning", "residual", config)
with Bars() as bars:
    result = tuning.tune(run, few, bars)

# %% [markdown]
# ## What mattered
#
# Each dot is a trial. With so few of them this is a picture of the method, not a result.

# %%
names = [n for n in result["best"] if n not in ("trial", "ccc")]
figure, axes = plt.subplots(1, len(names), figsize=(11, 2.6), sharey=True, layout="constrained")
for axis, name in zip(axes, names, strict=True):
    for state, marker in (("complete", "o"), ("pruned", "x")):
        trials = [t for t in result["trials"] if t["state"] == state]
        axis.plot([t[name] for t in trials], [t["ccc"] for t in trials], marker, label=state)
    axis.set_xlabel(name)
    if name in ("learning_rate", "weight_decay"):
        axis.set_xscale("log")
axes[0].set_ylabel("CCC, validation")
_ = axes[0].legend()

# %%
print((run.folder / "best.toml").read_text())
