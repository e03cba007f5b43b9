# %% [markdown]
# # 2. Which network?
#
# Three families by the same recipe: ours, MobileNetV3 and EfficientNet-B0 (what the original system
# used), all for 64-pixel grey faces, half as wide, six epochs on every twelfth face. What is shown is
# `runs/model_selection`, as this repository has it; on your own data:
#
#     valence model-selection --dataset csv --data labels.csv

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

(run,) = Path("runs/model_selection/comparison").iterdir()
result = json.loads((run / "result.json").read_text())
networks = [row["network"] for row in result["networks"]]
columns = ("network", "ccc", "pcc", "rmse", "sagr", "parameters", "ms_batch_1", "ms_batch_8")
Markdown(markdown(result["networks"], columns))

# %% [markdown]
# ## How they learnt
#
# Validation faces are scored with the averaged weights, which lag behind at first.

# %%
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
for name in networks:
    folder = Path("runs/model_selection") / name / run.name
    for axis, score in zip(axes, ("Loss", "CCC", "RMSE"), strict=True):
        steps, values = curve(folder, f"{score}/validation")
        axis.plot([step + 1 for step in steps], values, marker=".", label=name)
        axis.set(title=f"{score}, validation", xlabel="epoch")
_ = axes[0].legend()

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

# %% [markdown]
# ## How much of it is luck
#
# Cross-validation: five trainings, each with another fifth of the faces held out (`runs/cross_validation`,
# with a network a quarter as wide, so that five of them are quick). What differs between folds is what a
# difference between networks must exceed.

# %%
(run,) = Path("runs/cross_validation/residual").iterdir()
result = json.loads((run / "result.json").read_text())
Markdown(markdown(result["folds"], ("fold", "n", "ccc", "pcc", "rmse", "sagr")))

# %%
result["mean"]
