"""Where uploads wait: `<sessions>/.uploads/<job>/<file>`, beside the sessions that they become."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from results import Job, JobStatus
from results.sessions.owner import Owner, this_process

UPLOADS = ".uploads"
_WAITING, _DONE = "job.json", "upload.json"
"""What an older version, which had no table of jobs, wrote beside an upload, and into its session's
folder.
"""


class Folders:
    """Uploads under the sessions folder `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, job_id: str) -> Path:
        """The folder of a new job. Raises OSError: the sessions folder is not there, or full."""
        folder = self.of(job_id)
        folder.parent.mkdir(exist_ok=True)  # not its parents: a sessions folder that is gone stays gone
        folder.mkdir()
        return folder

    def of(self, job_id: str) -> Path:
        return self.root / UPLOADS / job_id

    def file(self, job: Job) -> Path:
        """The upload itself, while it waits."""
        return self.of(job.id) / job.file

    def has(self, job: Job) -> bool:
        """Whether the upload is to be seen from here."""
        return self.file(job).is_file()

    def keep(self, job: Job, folder: Path) -> Path:
        """Put the upload into its session's `folder`, too, and return its path there.

        The upload stays until `discard`: if the process ends in between, the analysis begins again.
        """
        source = self.file(job)
        path = folder / f"recording{source.suffix.lower()}"
        path.unlink(missing_ok=True)
        try:
            os.link(source, path)
        except OSError:  # a file system without hard links
            shutil.copy2(source, path)
        return path

    def discard(self, job_id: str) -> None:
        """Remove the upload and its folder. May take a while: call it in a thread."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)

    def older(self) -> Iterator[tuple[Job, Path]]:
        """The jobs that an older version noted in files, each with its file; not those of one that still
        runs.
        """
        for path in [*self.root.glob(f"*/{_DONE}"), *(self.root / UPLOADS).glob(f"*/{_WAITING}")]:
            content = _read(path)
            job = _job(content)
            if job is not None and not _is_elsewhere(content):
                yield job, path


def _read(path: Path) -> dict[str, Any]:
    """What is written there; nothing where it is missing or unreadable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _job(content: dict[str, Any]) -> Job | None:
    try:
        status = JobStatus(content["status"])
        return Job(
            id=str(content["id"]),
            input=str(content["input"]),
            created=datetime.fromisoformat(content["created"]).astimezone(),
            status=JobStatus.QUEUED if status is JobStatus.RUNNING else status,
            file=str(content.get("file") or ""),
            session=content.get("session"),
            error=content.get("error"),
            no_face=bool(content.get("no_face")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _is_elsewhere(content: dict[str, Any]) -> bool:
    """Whether the process that has the job still runs. Of another host's nobody knows: it counts as ended."""
    try:
        owner = Owner(**content["owner"])
    except (KeyError, TypeError):
        return False
    return owner != this_process() and owner.alive() is True
