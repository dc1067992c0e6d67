"""Python's clocks tell the processor's seconds of this process: a fair budget on a shared machine.

On PYTHONPATH for a child of a bench that runs with --processor-time. Everything in the process
that asks the time (the budget of a run, the library's own, the seconds of an epoch) then counts
what the process has computed and not what others took in between.
"""

import time

_BEGAN = time.time()


def _since_epoch() -> float:
    return _BEGAN + time.process_time()


time.time = _since_epoch
time.monotonic = time.process_time
time.perf_counter = time.process_time
