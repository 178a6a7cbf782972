"""The entry point: takes the signals over before anything that is slow to load."""

import sys
from collections.abc import Sequence

from explainer import stopping


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Without them those of the process, which then is this program's own: it has the signals, the standard
        streams and what is said of unexpected errors for the rest of its life.

    Returns
    -------
    int
        0 done, 1 it did not hold, 2 wrong use, 128 and its number after a signal.
    """
    if arguments is None:
        stopping.listen()
        from explainer import dispatch

        dispatch.own_process()
        code = dispatch.code(sys.argv[1:])
        if stopping.asked():
            stopping.leave()
        return code
    from explainer import dispatch

    with stopping.listening():
        return dispatch.code(list(arguments))
