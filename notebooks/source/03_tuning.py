# %% [markdown]
# # 3. Which settings?
#
# `valence tune` searches with Optuna: it proposes learning rate, weight decay, dropout, the weight of
# the concordance loss and the strength of the augmentation, and stops trials that lag behind. The study
# lies in a database, so that it can be killed and resumed. What is shown is `runs/tuning`: a few short
# trials of a network a quarter as wide, on all of FER+.

# %%
import json
import os
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import Markdown

import training
from training.fitting.board import curve
from training.scoring.tables import markdown

os.chdir(Path(training.__file__).parents[1])  # paths as on the command line
plt.rcParams["figure.dpi"] = 70

(run,) = Path("runs/tuning/residual").iterdir()
result = json.loads((run / "result.json").read_text())
names = [name for name in result["best"] if name not in ("trial", "ccc")]
Markdown(markdown(result["trials"], ("trial", "state", "ccc", *names)))

# %% [markdown]
# ## How they learnt

# %%
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for trial in sorted(result["trials"], key=lambda t: t["trial"]):
    steps, values = curve(run / f"trial_{trial['trial']:03d}", "CCC/validation")
    style = "-" if trial["state"] == "complete" else ":"
    axis.plot([step + 1 for step in steps], values, style, marker=".", label=f"{trial['trial']}")
axis.set(xlabel="epoch", ylabel="CCC, validation")
_ = axis.legend(title="trial (dotted: stopped)", ncols=2, fontsize=8)

# %% [markdown]
# ## What mattered
#
# Each dot is a trial. With so few of them this is a picture of the method, not a result.

# %%
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
print((run / "best.toml").read_text())
