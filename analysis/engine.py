"""What all analyses of one command or one server share: settings, an open model, and a store."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.settings import AnalysisSettings
from inference import DeviceError, ManifestError, ValenceModel, recognition
from inference.manifest import DEFAULT
from results import Store
from stream.faces.detection import Detector, DetectorError, open_detector


@dataclass(frozen=True)
class Engine:
    """Opened once; the caller closes the store."""

    settings: AnalysisSettings
    model: ValenceModel
    store: Store

    def open_detector(self) -> Detector:
        """A new detector: each source has its own. Raises AnalysisError."""
        return detector_of(self.settings)


def open_model(settings: AnalysisSettings, threads: int = 1) -> ValenceModel:
    """The model that the settings name.

    Raises:
        AnalysisError: it, or the device, cannot be used.
    """
    try:
        recognition.require()
        return ValenceModel.open(settings.model or DEFAULT, settings.device, threads)
    except (ManifestError, DeviceError) as error:
        raise AnalysisError(str(error)) from error


def detector_of(settings: AnalysisSettings) -> Detector:
    """A new detector as the settings name it. Raises AnalysisError."""
    # It is a small network, and every size of picture is new to a GPU: there only where asked for by name.
    device = "cuda" if settings.device == "cuda" else "cpu"
    try:
        return open_detector(settings.detector, settings.detector_weights, device)
    except DetectorError as error:
        raise AnalysisError(str(error)) from error
