"""Everything that computes takes turns on one thread, and what computes elsewhere leaves no team of workers behind."""

import threading

import pytest

from assay_backend.compute import apart, in_turn


def test_what_fails_in_a_turn_fails_for_its_caller_and_the_next_turn_comes():
    with pytest.raises(ZeroDivisionError):
        in_turn(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 // 0)
    assert in_turn(lambda one, other: one + other, 2, 3) == 5


def test_a_thread_apart_has_ended_when_its_answer_is_there():
    assert not apart(threading.current_thread).is_alive()
