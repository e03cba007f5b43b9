"""What a participant is asked to agree to: the study's own words, and what law and honesty add to them."""

from __future__ import annotations

from inference import Output
from results import Stimulus, Study, Where
from web.estimated import estimated


def consent_of(study: Study, stimulus: Stimulus, output: Output) -> str:
    """The whole text, in paragraphs; what they agree to is stored word for word.

    output: of the network that reads faces.
    """
    own = study.consent_text.strip() or (
        f"It lasts {_length(stimulus.duration_s)}. Your camera is on while you watch."
    )
    kept = (
        f"Stored are {_NUMBERS}, your camera’s video, and the text and time of your consent, until the "
        "study’s lead deletes them."
        if study.keep_media
        else f"Stored are {_NUMBERS}, and the text and time of your consent, until the study’s lead deletes "
        "them. Your camera’s picture is analysed as it comes and is not stored."
    )
    here = study.where is Where.BROWSER
    seen = _STAYS if here else _SEEN if study.allow_spectators else _UNSEEN
    notice = _NOTICE.format(_IN_BROWSER if here else _ON_SERVER, estimated(output))
    return "\n\n".join((own, notice, _OTHERS, kept, seen, _FREEDOM, _LIMIT))


_NOTICE = (
    "This is an emotion recognition system (notice under Article 50(3) of the EU AI Act). {} finds "
    "every face in it and estimates {}. It judges how a face looks, not what you feel, and it can be wrong."
)
_ON_SERVER = (
    "Your camera’s picture, without sound, goes to this study’s server. Several times a second, a program "
    "there"
)
_IN_BROWSER = (
    "Your camera’s picture does not leave this device: several times a second, a program in your browser"
)
_STAYS = "Nobody sees your camera’s picture: this study’s server gets numbers only."
_OTHERS = (
    "So as not to take one person for another, it compares how faces look, and forgets what it needs for "
    "that when your session ends. Whoever else is in the picture is read, too: please let them know, or be "
    "alone."
)
_NUMBERS = (
    "these numbers with their times, where in the picture each face was, and where in the video you were"
)
_SEEN = (
    "While you take part, the study’s lead may look on: they then see your camera’s picture and these "
    "numbers as they come."
)
_UNSEEN = "Nobody sees your camera’s picture while you take part."
_FREEDOM = (
    "Taking part is your free choice. Stop removes everything that was recorded of you; so does a button at "
    "the end. If you close the page while you watch, what was recorded until then is kept. Once the page is "
    "closed, only the study’s lead can remove it: ask whoever invited you, and say when you took part."
)
_LIMIT = (
    "The program must not be used to monitor people at work or in education (Article 5(1)(f) of the EU AI "
    "Act)."
)


def _length(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} second{'' if whole == 1 else 's'}"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} minute{'' if minutes == 1 else 's'}"
