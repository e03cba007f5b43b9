"""From face boxes to valence: alignment, the ONNX model and its manifest, device, batching."""

from inference.alignment import Aligner, Alignment, Crop
from inference.attributes import AttributeModel, Attributes, open_attributes
from inference.device import DEVICES, DeviceError
from inference.landmarks import LandmarkModel
from inference.manifest import Manifest, ManifestError
from inference.model import ValenceModel
from inference.outputs import EXPRESSIONS, Calibration, ErrorBar, Output, Readings, Scalar, Shares
from inference.pose import Pose, poses

__all__ = [
    "DEVICES",
    "EXPRESSIONS",
    "Aligner",
    "Alignment",
    "AttributeModel",
    "Attributes",
    "Calibration",
    "Crop",
    "DeviceError",
    "ErrorBar",
    "LandmarkModel",
    "Manifest",
    "ManifestError",
    "Output",
    "Pose",
    "Readings",
    "Scalar",
    "Shares",
    "ValenceModel",
    "open_attributes",
    "poses",
]
