"""Carrying out an operator's request: it is running as long as the work is, and then finished or failed."""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import clock
from chalicelib.domain.errors import ConflictError
from chalicelib.storage import runs

LONGEST_REASON = 500


@contextmanager
def answering(request_id: str | None) -> Iterator[None]:
    """Say on the request what becomes of the block; without one the block is all there is.

    Raises ConflictError where the request is not the one that is waiting.
    """
    if request_id is None:
        yield
        return
    request = runs.latest_request()
    if request is None or request.request_id != request_id or not runs.begin_request(request, clock.now_ms()):
        raise ConflictError(f"The request {request_id} is not waiting to be carried out.")
    try:
        yield
    except BaseException as error:
        reason = "It was stopped." if isinstance(error, KeyboardInterrupt) else str(error) or repr(error)
        runs.end_request(request, clock.now_ms(), reason[:LONGEST_REASON])
        raise
    runs.end_request(request, clock.now_ms())
