"""Training that starts from what was learnt elsewhere: an exported model, or dlib's recognition of faces.

The shipped ONNX file is all that a start from it needs. Exporting folds each batch normalisation into
the convolution before it. Here it is unfolded: the convolution keeps the folded weights, and the
normalisation gets the mean and deviation that its inputs really have on faces, undone by its own scale
and offset. So the network computes what the file does, and behaves in training as one that has been
trained all along. Heads that were not exported start afresh. A file of dlib's is unfolded
in the same way; all heads start afresh.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.networks.dlibfile import read_convolutions
from training.networks.layers import FaceNetwork
from training.shipping.onnxfile import PARITY, run

_EIGHT_BITS = 0.05
"""What the activations of an eight-bit file may add to the difference: their rounding is not imported."""

_OTHERS = 0.2
"""How far a member may be from its ensemble."""
_HEAD = "valence.weight"
_PERHAPS = ("emotions.", "arousal.")
"""Heads that are exported where they have learnt something."""
_CONTRAST = 0.22
"""A face's brightness deviates from its mean by 1 in ours, by about this in the network of dlib's."""

Array = npt.NDArray[np.float32]


def start_from_onnx(network: FaceNetwork, path: Path, faces: Array) -> None:
    """Gives `network` the weights of the ONNX file at `path`.

    Args:
        faces: (n, 1, side, side) in [-1, 1], some hundreds of those that it will be trained on.

    Raises:
        TrainingError: there is no such file, or it was not exported from such a network, alone or in
            an ensemble.
    """
    arrays, biases = _read(path)
    # The exporter puts the names of wrapping modules before ours; an ensemble has several of us.
    heads = [name.removesuffix(_HEAD) for name in arrays if name.endswith(_HEAD)]
    if not any(_filled(network, arrays, biases, prefix) for prefix in heads):
        raise TrainingError(f"{path} was not exported from this network")
    _unfold(network, torch.from_numpy(faces))
    with torch.no_grad():
        computed = network(torch.from_numpy(faces[:16])).valence.numpy()
    eight_bits = any(name.endswith("_quantized") for name in arrays)
    allowed = _OTHERS if len(heads) > 1 else _EIGHT_BITS if eight_bits else 10 * PARITY
    if not np.abs(computed - run(path, faces[:16])[:, 0]).mean() <= allowed:
        raise TrainingError(f"{path} was not exported from this network")


def _filled(network: FaceNetwork, arrays: dict[str, Array], biases: dict[str, Array], prefix: str) -> bool:
    """Whether the arrays whose names begin with `prefix` are those of `network`; if so, it has them."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            module = network.get_submodule(name.rpartition(".")[0])
            array = arrays.get(prefix + name)
            afresh = array is None and name.startswith(_PERHAPS)
            if afresh or isinstance(module, nn.BatchNorm2d):
                continue
            if array is None or array.shape != tuple(parameter.shape):
                return False
            parameter.copy_(torch.from_numpy(array))
        for name, normalisation in _normalisations(network):
            bias = biases.get(f"{prefix}{name.removesuffix('.1')}.0.weight")
            if bias is None or bias.shape != tuple(normalisation.bias.shape):
                return False
            normalisation.bias.copy_(torch.from_numpy(bias))
            normalisation.weight.fill_(1.0)
            _statistics(normalisation, torch.zeros(()), torch.ones(()) - normalisation.eps)
        network.arousal_learnt.fill_(f"{prefix}arousal.weight" in arrays)
    return True


def start_from_dlib(network: FaceNetwork, path: Path, faces: Array) -> None:
    """Gives `network` the weights of dlib's ``dlib_face_recognition_resnet_model_v1.dat`` at `path`.

    Args:
        faces: (n, 1, side, side) in [-1, 1], some hundreds of those that it will be trained on.

    Raises:
        TrainingError: there is no such file, or `network` is not of the ``recognition`` family.
    """
    convolutions = read_convolutions(path)
    mine = _convolutions(network.trunk)
    if len(mine) > len(convolutions):
        raise TrainingError(f"{path} does not belong to this network; choose the network recognition")
    # dlib's last stage is more than we have.
    for (kernel, normalisation), theirs in zip(mine, convolutions, strict=False):
        weights = torch.from_numpy(theirs.weights)
        if kernel.in_channels == 1:
            weights = _CONTRAST * weights.sum(dim=1, keepdim=True)  # the three colours of a grey picture
        if weights.shape != kernel.weight.shape:
            raise TrainingError(f"{path} does not belong to this network; choose the network recognition")
        with torch.no_grad():
            kernel.weight.copy_(weights * torch.from_numpy(theirs.scale)[:, None, None, None])
            normalisation.bias.copy_(torch.from_numpy(theirs.offset))
            normalisation.weight.fill_(1.0)
            _statistics(normalisation, torch.zeros(()), torch.ones(()) - normalisation.eps)
    _unfold(network, torch.from_numpy(faces))
    for kernel, normalisation in mine:
        _at_usual_size(kernel, normalisation)


def _convolutions(network: nn.Module) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Each convolution with its normalisation, in the order in which they compute."""
    pairs = []
    for module in network.modules():
        if isinstance(module, nn.Sequential) and isinstance(module[-1], nn.BatchNorm2d):
            assert isinstance(module[0], nn.Conv2d)
            pairs.append((module[0], module[-1]))
    return pairs


def _at_usual_size(kernel: nn.Conv2d, normalisation: nn.BatchNorm2d) -> None:
    """Weights of the size at which training starts (He et al. 2015), computing the same.

    dlib's are so small that the first steps of an optimiser would wipe out what they hold.
    """
    with torch.no_grad():
        factor = math.sqrt(2 / kernel.weight[0].numel()) / kernel.weight.std()
        kernel.weight.mul_(factor)
        assert normalisation.running_mean is not None and normalisation.running_var is not None
        normalisation.running_mean.mul_(factor)
        normalisation.running_var.mul_(factor**2)
        # Exact in spite of the small number that keeps the variance from being nothing.
        before = (normalisation.running_var / factor**2 + normalisation.eps).sqrt()
        after = (normalisation.running_var + normalisation.eps).sqrt() / factor
        normalisation.weight.mul_(after / before)


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Array]]:
    """The file's arrays by name, and the bias of each convolution by the name of its weight."""
    import onnx
    from onnx import numpy_helper

    if not path.is_file():
        raise TrainingError(f"there is no model {path}")
    try:
        graph: Any = onnx.load(path).graph
    except Exception as error:  # protobuf raises many kinds for a file that is not its own
        raise TrainingError(f"{path} is not a readable ONNX file ({type(error).__name__})") from error
    arrays = {i.name: np.array(numpy_helper.to_array(i)) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in arrays:
            value = _dequantized(*(arrays[name] for name in node.input))
            arrays[node.output[0]] = arrays[node.input[0].removesuffix("_quantized")] = value
    biases = {
        node.input[1].removesuffix("_DequantizeLinear_Output"): arrays[node.input[2]]
        for node in graph.node
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[2] in arrays
    }
    return arrays, biases


def _dequantized(values: npt.NDArray[np.integer], scale: Array, zero: npt.NDArray[np.integer]) -> Array:
    """Eight-bit `values` as numbers; `scale` and `zero` are one value, or one a channel."""
    shape = (-1, *[1] * (values.ndim - 1)) if scale.size > 1 else ()
    centred = values.astype(np.float32) - zero.astype(np.float32).reshape(shape)
    return np.asarray(centred * scale.reshape(shape), np.float32)


def _normalisations(network: nn.Module) -> list[tuple[str, nn.BatchNorm2d]]:
    return [(name, m) for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)]


def _statistics(normalisation: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    assert normalisation.running_mean is not None and normalisation.running_var is not None
    normalisation.running_mean.copy_(mean.expand_as(normalisation.running_mean))
    normalisation.running_var.copy_(variance.expand_as(normalisation.running_var))


def _unfold(network: FaceNetwork, faces: Tensor) -> None:
    """Measures what each normalisation is fed, and takes it out there and puts it back in after."""

    def measure(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d)
        mean = inputs[0].mean(dim=(0, 2, 3))
        variance = inputs[0].var(dim=(0, 2, 3), unbiased=False)
        # A channel that is always the same must not be divided by nothing.
        variance = variance.clamp_min(1e-6)
        _statistics(module, mean, variance)
        module.weight.copy_((variance + module.eps).sqrt())
        module.bias.add_(mean)

    network.eval()
    hooks = [m.register_forward_pre_hook(measure) for _, m in _normalisations(network)]
    try:
        with torch.no_grad():
            network(faces)
    finally:
        for hook in hooks:
            hook.remove()
