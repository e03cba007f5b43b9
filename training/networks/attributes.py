"""Training of the network that tells what a crop shows (`inference.attributes`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.attributes import INPUT, OUTPUT, SIDE, Attributes, tensors
from training.datasets.attributes import Shown
from training.networks.layers import conv
from training.shipping import onnxfile

_SMOOTH = 0.02
"""How far from 0 and 1 the answers are that are learnt: what is composed is not as sure as it claims."""


class AttributeNetwork(nn.Module):
    """0.1 M parameters: grey faces (n, 1, SIDE, SIDE) in -1..1 to logits (n, len(Attributes._fields))."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((1, 16), (16, 24), (24, 40), (40, 64)):
            layers += [conv(inputs, outputs, 3, 2), nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3))
        self.heads = nn.Sequential(
            nn.Linear(64 * (SIDE // 16) ** 2, 48), nn.ReLU(), nn.Linear(48, len(Attributes._fields))
        )

    def forward(self, faces: Tensor) -> Tensor:
        # Every face at one brightness and contrast.
        centred = faces - faces.mean(dim=(2, 3), keepdim=True)
        deviation = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
        logits: Tensor = self.heads(self.trunk(centred / (deviation + 0.02)))
        return logits


class _Served(nn.Module):
    def __init__(self, network: AttributeNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        return torch.sigmoid(self.network(faces))


def fit(shown: Shown, epochs: int = 8, batch: int = 128, seed: int = 0) -> AttributeNetwork:
    """The network, trained on crops and their mirror images. Printed is the loss of each epoch."""
    torch.set_num_threads(1)  # so that the same seed gives the same network
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = AttributeNetwork().train()
    steps = max(1, len(shown) // batch)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs * steps, pct_start=0.15)
    for epoch in range(epochs):
        order = rng.permutation(len(shown))
        total = 0.0
        for step in range(steps):
            rows = order[step * batch : (step + 1) * batch]
            value = loss(network(_tensor(shown.crops[rows], rng)), torch.from_numpy(shown.truth[rows]))
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            total += value.item()
        print(f"epoch {epoch + 1}/{epochs}  loss {total / steps:.4f}", flush=True)
    return network.eval()


def loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of each answer over the crops of which it is known, summed over the answers."""
    known = ~truth.isnan()
    target = torch.where(known, truth, 0.0).clamp(_SMOOTH, 1 - _SMOOTH)
    each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    return ((each * known).sum(dim=0) / known.sum(dim=0).clamp(min=1)).sum()


def predict(network: AttributeNetwork, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, len(Attributes._fields)) probabilities for grey crops (n, SIDE, SIDE)."""
    with torch.no_grad():
        parts = [network(torch.from_numpy(tensors(crops[i : i + 256]))) for i in range(0, len(crops), 256)]
        return np.asarray(torch.sigmoid(torch.cat(parts)).numpy(), np.float32)


def area_under_curve(truth: npt.NDArray[np.floating], scores: npt.NDArray[np.floating]) -> float:
    """Area under the receiver operating characteristic: how often a one is above a zero."""
    ones, zeros = scores[truth == 1], np.sort(scores[truth == 0])
    if not len(ones) or not len(zeros):
        return float("nan")
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.mean() / 2 / len(zeros))


def export(network: AttributeNetwork, path: Path) -> None:
    """Writes the ONNX file that `inference.attributes` reads."""
    onnxfile.export(_Served(network), path, (1, SIDE, SIDE), INPUT, (OUTPUT,))


def _tensor(crops: npt.NDArray[np.uint8], rng: np.random.Generator) -> Tensor:
    mirrored = rng.random(len(crops)) < 0.5
    turned = np.where(mirrored[:, None, None], crops[:, :, ::-1], crops)
    return torch.from_numpy(tensors(turned))
