# %% [markdown]
# # 4. The final training
#
# The curves of the trainings that ended in the network that ships (`runs/final`), then its figures, from
# its manifest. Both of its members went on from version 1.2: `first` gave them heads for expressions and
# showed them covered, compressed and shaken faces; `second` learnt from labels softened and spread by what
# both said of a face; `averaged` is 0.6 of the way back to the weights of version 1.2.

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

members = [Path("runs/final") / run for run in ("residual/first", "recognition/first", "recognition/second")]
figure, axes = plt.subplots(1, 5, figsize=(12, 2.8), layout="constrained")
for folder in members:
    for axis, name in zip(axes, ("Loss", "CCC", "PCC", "RMSE", "SAGR"), strict=True):
        steps, values = curve(folder, f"{name}/validation")
        axis.plot([step + 1 for step in steps], values, marker=".", label="/".join(folder.parts[-2:]))
        axis.set(title=f"{name}, validation", xlabel="epoch")
_ = axes[0].legend(fontsize=7)

# %% [markdown]
# Validation faces are clean and scored with the averaged weights; the labels of the second stage are not
# those of validation. By itself, before calibration, each member scores:

# %%
rows = []
for folder in [*members, *Path("runs/final").glob("*/averaged")]:
    result = json.loads((folder / "result.json").read_text())
    for part in ("validation", "test"):
        figures = {m: result[part][m] for m in ("n", "ccc", "pcc", "rmse", "sagr")}
        rows.append({"run": "/".join(folder.parts[-2:]), "split": part, **figures})
Markdown(markdown(rows, tuple(rows[0])))

# %% [markdown]
# ## The shipped model

# %%
manifest = json.loads(Path("models/valence.json").read_text())
metrics = manifest["metrics"]
rows = [
    {"score": m.upper(), "value": metrics[m], "from": metrics["ci95"][m][0], "to": metrics["ci95"][m][1]}
    for m in ("ccc", "pcc", "rmse", "sagr")
    if m in metrics
]
print(manifest["name"], manifest["version"], "on", metrics.get("split"), "n", metrics.get("n"))
Markdown(markdown(rows, ("score", "value", "from", "to")))

# %% [markdown]
# Float32 and eight bits, on one CPU thread:

# %%
variants = [{"variant": v, **f} for v, f in metrics.get("variants", {}).items()]
Markdown(markdown(variants, ("variant", "ccc", "rmse", "sagr", "bytes", "ms_batch_1", "ms_batch_8")))

# %% [markdown]
# ## What was tried

# %%
figures = Path("models/figures.json")
tried = json.loads(figures.read_text()).get("tried", []) if figures.is_file() else []
Markdown(markdown(tried, tuple(tried[0])) if tried else "See the model card.")

# %%
print(json.dumps(manifest["training"].get("recipes", []), indent=1))
