"""Running the flow: once, or whenever the cron line in params.yaml says so."""

import asyncio
import signal
from contextlib import suppress

from prefect.runner import Runner
from prefect.schedules import Cron

from flows import server
from flows.errors import FlowError
from stages.params import load


def once(wait: float, erasing: bool = False) -> None:
    """Runs the flow once, with a server of its own where none is set up.

    Args:
        wait: seconds to wait for another run in the same workspace.
        erasing: whether it is the flow of an erasure.

    Raises:
        FlowError: the run failed; the message is `stage: reason`.
        KeyboardInterrupt: Ctrl-C or SIGTERM; the stage that ran has ended too.
    """
    _heed_interrupts()
    # within the flow Prefect's own handler is at work, and passes the signal on to this one
    signal.signal(signal.SIGTERM, _interrupt)
    ready = server.temporary()
    if erasing:
        from flows.erasure import erasure as flow  # the server starts meanwhile
    else:
        from flows.lifecycle import lifecycle as flow

    ready()
    state = flow(wait, return_state=True)
    if not state.is_completed():
        raise FlowError(state.message or f"the run ended {state.type.value.lower()}")


def schedule(port: int) -> None:
    """Serves the flow on its cron line until told to stop. Starts a Prefect server where none is set up.

    Args:
        port: where to find or start the server.

    Raises:
        FlowError: no server can be had, or the cron line or time zone means nothing.
        ParamsError: params.yaml cannot be used.
    """
    _heed_interrupts()
    params = load()
    try:
        cron = Cron(params.schedule.cron, timezone=params.schedule.timezone)
    except ValueError:
        given = f"{params.schedule.cron!r} in {params.schedule.timezone!r}"
        raise FlowError(f"params.yaml: schedule: {given} is no cron line and time zone; correct it") from None
    with server.lasting(port) as url:
        from flows.lifecycle import lifecycle

        # one at a time; what comes due meanwhile waits for it
        runner = _Runner(name=params.project.name, limit=1)
        runner.add_flow(lifecycle, name=params.project.name, schedule=cron)
        when = f"{params.schedule.cron} ({params.schedule.timezone})"
        print(f"scheduled: {when}; runs and logs: {url.removesuffix('/api')}", flush=True)
        with suppress(KeyboardInterrupt):
            asyncio.run(runner.start())


class _Runner(Runner):
    def handle_sigterm(self, *_: object) -> None:
        # Prefect's own handler leaves a coroutine unawaited; Ctrl-C is the way out that asyncio handles well
        signal.raise_signal(signal.SIGINT)


def _heed_interrupts() -> None:
    """What a shell starts in the background ignores SIGINT, and could not be stopped cleanly."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
