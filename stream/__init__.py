"""From a source of frames to samples of valence: capture, detection, tracking, smoothing."""
