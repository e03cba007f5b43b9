"""What a participant is asked to agree to: the study's own words, and what law and honesty add to them."""

from __future__ import annotations

from results import Stimulus, Study


def consent_of(study: Study, stimulus: Stimulus) -> str:
    """The whole text, in paragraphs; what they agree to is stored word for word."""
    own = study.consent_text.strip() or (
        f"It lasts {_length(stimulus.duration_s)}. Your camera is on while you watch."
    )
    kept = (
        "Stored are these numbers with their times, your camera’s video, and the text and time of your "
        "consent, until the study’s lead deletes them."
        if study.keep_media
        else "Stored are these numbers with their times, and the text and time of your consent. "
        "Your camera’s picture is analysed as it comes and is not stored."
    )
    seen = _SEEN if study.allow_spectators else _UNSEEN
    return "\n\n".join((own, _NOTICE, kept, seen, _FREEDOM, _LIMIT))


_NOTICE = (
    "This is an emotion recognition system (notice under Article 50(3) of the EU AI Act): several times a "
    "second, a program on this server estimates from your camera’s picture how negative or positive your "
    "facial expression looks, how your head is turned, and whether your eyes are closed or your mouth is "
    "covered. It judges how a face looks, not what you feel, and it can be wrong."
)
_SEEN = (
    "While you take part, the study’s lead may look on: they then see your camera’s picture and these "
    "numbers as they come."
)
_UNSEEN = "Nobody sees your camera’s picture while you take part."
_FREEDOM = (
    "Taking part is your free choice. Stop removes everything that was recorded of you. If you close the "
    "page while you watch, what was recorded until then is kept."
)
_LIMIT = "It must not be used to monitor people at work or in education (Article 5(1)(f) of the EU AI Act)."


def _length(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} second{'' if whole == 1 else 's'}"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} minute{'' if minutes == 1 else 's'}"
