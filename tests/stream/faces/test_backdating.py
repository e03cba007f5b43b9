"""Frames wait until it is known who is in them, and no longer than they may."""

from __future__ import annotations

import numpy as np

from stream.faces.analyzer import Located, Undecided
from stream.faces.backdating import Waiting
from stream.faces.track import State, Track
from stream.frames import Box, Frame

BOX = Box(10, 10, 50, 50)


def _track() -> Track:
    looks = np.zeros(4, np.float32)
    return Track(BOX, 0.7, 0.0, 0.0, looks, looks, 0.2, 1.0)


def _frame(index: int, side: int = 60) -> Frame:
    return Frame(np.zeros((side, side, 3), np.uint8), index, index / 30)


def test_frames_without_doubt_do_not_wait() -> None:
    waiting = Waiting()
    waiting.add(_frame(0), [Located(1, BOX, 0.9)], [])
    assert [(f.index, [x.face_id for x in faces]) for f, faces in waiting.decided()] == [(0, [1])]


def test_a_face_that_is_confirmed_is_in_the_frames_before_and_one_that_is_not_is_in_none() -> None:
    waiting, face, none = Waiting(), _track(), _track()
    for index in range(3):
        waiting.add(
            _frame(index), [Located(2, BOX, 0.9)], [Undecided(face, BOX, 0.7), Undecided(none, BOX, 0.6)]
        )
        assert not waiting.decided()
    face.state, face.face_id = State.CONFIRMED, 1
    assert not waiting.decided(), "the other one is not decided"
    none.state = State.ENDED
    assert [[x.face_id for x in faces] for _, faces in waiting.decided()] == [[1, 2]] * 3


def test_frames_behind_one_that_waits_keep_their_order() -> None:
    waiting, face = Waiting(), _track()
    waiting.add(_frame(0), [], [Undecided(face, BOX, 0.7)])
    waiting.add(_frame(1), [Located(1, BOX, 0.9)], [])
    assert not waiting.decided()
    face.state = State.ENDED
    assert [f.index for f, _ in waiting.decided()] == [0, 1]


def test_few_wait_and_fewer_where_they_are_large() -> None:
    for side, most in ((60, 16), (2000, 5), (6000, 1)):
        waiting, face = Waiting(), _track()
        for index in range(20):
            waiting.add(_frame(index, side), [], [Undecided(face, BOX, 0.7)])
            waiting.decided()
        assert len(waiting.rest()) == most


def test_nobody_is_in_a_frame_twice() -> None:
    waiting, face = Waiting(), _track()
    waiting.add(_frame(0), [Located(1, BOX, 0.9)], [Undecided(face, BOX, 0.7)])
    face.state, face.face_id = State.ENDED, 1
    ((_, faces),) = waiting.decided()
    assert [x.face_id for x in faces] == [1]
