"""What is estimated of a face, in words: for whoever is asked to agree to it."""

from __future__ import annotations

from inference import Output

_VALENCE = ("valence",)
_ATTRIBUTES = ("roll", "yaw", "pitch", "eyes_closed", "mouth_covered", "half_covered")
"""By networks that every installation has."""

WORDS = {
    ("valence", "valence_error"): "how negative or positive the face’s expression looks",
    ("arousal",): "how calm or excited it looks",
    ("expression",): "which expressions, such as happiness, sadness or anger, people would see in it",
    ("roll", "yaw", "pitch"): "how the head is turned",
    ("eyes_closed",): "whether the eyes are closed",
    ("mouth_covered", "half_covered"): "whether the mouth or half of the face is covered",
}
"""What says that these are estimated: columns of a sample, ``expression`` for all that begin so."""


def estimated(output: Output) -> str:
    """All that a network with this output and those beside it estimate, as the object of a sentence."""
    known = {*_VALENCE, *_ATTRIBUTES}
    known |= {"arousal"} if output.arousal else set()
    known |= {"expression"} if output.expressions else set()
    *most, last = (words for names, words in WORDS.items() if known & set(names))
    return ", ".join(most) + ", and " + last
