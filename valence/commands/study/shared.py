"""Arguments and options that the commands of `valence study` share."""

from __future__ import annotations

from typing import Annotated

import typer

StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="The study's id or name.", show_default=False)
]
OfStimulus = Annotated[
    str | None, typer.Option("--stimulus", help="Its id or name; not needed where there is only one.")
]
