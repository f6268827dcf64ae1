"""AWS on this machine, in one process, that survives being killed.

    python localstack/embedded_aws.py --port 4566 --state .local/aws

Serves MiniStack on 127.0.0.1, wrapped by `durable_aws.py`, which says how the state folder is kept. A lock
in that folder keeps a second instance out; it ends with the process, however that ends.
"""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from journal import DamagedStateError

if TYPE_CHECKING:
    from durable_aws import DurableAws


class StartError(Exception):
    """Why the embedded AWS cannot run, in one sentence for the person who started it."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description="AWS on this machine, in one process, that survives being killed."
    )
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=Path(".local/aws"), help="folder that keeps everything")
    parser.add_argument(
        "--large-journal", type=int, default=64 << 20, help="bytes before a snapshot is taken"
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input closes")
    chosen = parser.parse_args()
    try:
        lock = _lock(chosen.state)
        asyncio.run(_serve(chosen))
        os.close(lock)
    except (StartError, DamagedStateError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The state folder {chosen.state} cannot be used ({error.strerror}).", file=sys.stderr)
        return 1
    return 0


def _lock(state: Path) -> int:
    """Hold the state folder for this process. Raises StartError if another one holds it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StartError(
            f"The folder {state} is in use by another embedded AWS; stop that one or name another folder."
        ) from error
    return handle


async def _serve(chosen: argparse.Namespace) -> None:
    """Run until told to stop by a signal or, `with_parent`, by the end of standard input."""
    aws = _durable_aws(chosen)
    await aws.restore()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if chosen.with_parent:
        threading.Thread(target=_wait_for_parent, args=(loop, stop), daemon=True).start()
    config = Config()
    config.bind = [f"127.0.0.1:{chosen.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    syncing = asyncio.create_task(_sync_every_second(aws))
    try:
        await hypercorn_serve(cast(Any, aws), config, shutdown_trigger=stop.wait)
    except OSError as error:
        raise StartError(
            f"Port {chosen.port} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    finally:
        syncing.cancel()
        await aws.close()


def _durable_aws(chosen: argparse.Namespace) -> "DurableAws":
    # MiniStack reads its settings while it is imported.
    os.environ.update(
        GATEWAY_PORT=str(chosen.port),
        PERSIST_STATE="0",
        STATE_DIR=str(chosen.state / "services"),
        S3_PERSIST="1",
        S3_DATA_DIR=str(chosen.state / "s3"),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    from durable_aws import DurableAws

    return DurableAws(chosen.state, chosen.large_journal)


def _wait_for_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    sys.stdin.buffer.read()
    loop.call_soon_threadsafe(stop.set)


async def _sync_every_second(aws: "DurableAws") -> None:
    while True:
        await asyncio.sleep(1)
        await asyncio.to_thread(aws.sync)


if __name__ == "__main__":
    sys.exit(main())
