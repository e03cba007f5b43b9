# %% [markdown]
# # 4. The final training
#
# The curves of the reference run (ten epochs of a network half as wide, `runs/reference`), then the
# figures of the model that is shipped, from its manifest.

# %%
import json
import os
from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import Markdown
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import training
from training.scoring.tables import markdown

os.chdir(Path(training.__file__).parents[1])  # paths as on the command line
plt.rcParams["figure.dpi"] = 70

(folder,) = Path("runs/reference/train/residual").iterdir()
events = EventAccumulator(str(folder)).Reload()

figure, axes = plt.subplots(1, 5, figsize=(12, 2.6), layout="constrained")
for axis, name in zip(axes, ("Loss", "CCC", "PCC", "RMSE", "SAGR"), strict=True):
    for part in ("train", "validation"):
        scalars = events.Scalars(f"{name}/{part}")
        axis.plot([s.step + 1 for s in scalars], [s.value for s in scalars], label=part)
    axis.set(title=name, xlabel="epoch")
_ = axes[0].legend()

# %% [markdown]
# Training faces are augmented and scored while the network learns from them, validation faces are
# clean and scored with the averaged weights: so validation is ahead of training.

# %%
result = json.loads((folder / "result.json").read_text())
{part: {m: result[part][m] for m in ("n", "ccc", "pcc", "rmse", "sagr")} for part in ("validation", "test")}

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
