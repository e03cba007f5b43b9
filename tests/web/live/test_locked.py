"""A live session while the database is locked."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from inference import ValenceModel
from results import State
from tests.web.peers import camera, over, until
from tests.web.serving import serving


async def test_a_live_session_outlasts_a_locked_database(tmp_path: Path, model: ValenceModel) -> None:
    with serving(tmp_path, model) as served:
        peer, _ = camera(served)
        await peer.connect()
        await peer.until_frames(20)
        lock = sqlite3.connect(tmp_path / "valence.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            await until(lambda: any(said["type"] == "held" for said in peer.control), 30)
            await peer.until_frames(len(peer.frames) + 30, 30)
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        await until(lambda: any(said["type"] == "stored" for said in peer.control), 60)
        peer.say("stop")
        await until(lambda: over(served, peer.session), 30)
        await peer.close()
        assert served.store.get(peer.session).state is State.DONE
        samples = served.store.samples(peer.session)
        stored = set(zip(samples.frame.tolist(), samples.face_id.tolist(), strict=True))
        heard = {(frame["frame"], face["face_id"]) for frame in peer.frames for face in frame["faces"]}
        assert heard and heard <= stored, "what the page was told is stored, frame by frame"
        assert "outage" in {event.kind for event in served.store.events(peer.session)}
