"""Signals become an exception, at once or after what must not be cut short."""

import signal
import threading

import pytest

from pixelparity.deploy import stopping


@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_signal_is_an_exception_within_the_block_only(number: int) -> None:
    """The block is left by ``KeyboardInterrupt`` that names the signal, and the handlers are what they were."""
    started_with = signal.signal(number, signal.default_int_handler)  # a test run in the background ignores some
    before = {known: signal.getsignal(known) for known in stopping.SIGNALS}
    try:
        with pytest.raises(KeyboardInterrupt, match=signal.Signals(number).name), stopping.as_interrupt():
            signal.raise_signal(number)
        assert {known: signal.getsignal(known) for known in stopping.SIGNALS} == before
    finally:
        signal.signal(number, started_with)


def test_deferred_block_ends_first() -> None:
    """What runs under ``deferred`` runs to its end, then the signal is acted on."""
    done = []
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), stopping.as_interrupt(), stopping.deferred():  # noqa: PT012
        signal.raise_signal(signal.SIGTERM)
        done.append(True)
    assert done == [True]


def test_ignored_signals_stay_ignored() -> None:
    """A signal that the process was started to ignore, as nohup does, does not end it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.as_interrupt():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_other_threads_change_nothing() -> None:
    """Outside the main thread, where Python sets no handlers, the block just runs."""
    seen = []

    def work() -> None:
        with stopping.as_interrupt(), stopping.deferred():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
