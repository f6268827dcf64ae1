"""Carries out what operators ask for, as a container task does on AWS: one `python -m batch_jobs run …` each.

    python localstack/job_runner.py

It looks for a request that is waiting every `SECONDS`. Where its work is cut short, by Ctrl-C or a crash, the
request says so.
"""

import argparse
import logging
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import local_environment
from stopping import stop_when_told

if TYPE_CHECKING:
    from chalicelib.storage.runs import RunRequest

SECONDS = 1.0
STOP_SECONDS = 10.0

log = logging.getLogger("job-runner")


class JobRunner:
    """Runs requests one after the other until `stop`."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def serve(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError
        from pynamodb.exceptions import PynamoDBException

        from chalicelib.services.runs import open_request
        from chalicelib.storage.runs import RequestState

        while not self._stopped.wait(SECONDS):
            try:
                request = open_request()
                if request and request.state is RequestState.QUEUED:
                    self.carry_out(request)
            except (BotoCoreError, ClientError, PynamoDBException) as error:
                log.error("AWS did not do what was asked: %s", error)  # noqa: TRY400 - the sentence is enough

    def carry_out(self, request: "RunRequest") -> None:
        """Run a request to its end. It says itself how it went; what it could not say is said here."""
        from chalicelib import clock
        from chalicelib.services.runs import command_of
        from chalicelib.storage.runs import end_request

        process = subprocess.Popen(
            [sys.executable, "-m", "batch_jobs", *command_of(request)],
            stdin=subprocess.DEVNULL,
            cwd=local_environment.REPOSITORY,
            start_new_session=True,
        )
        while process.poll() is None:
            if self._stopped.wait(SECONDS / 4):
                self._end(process)
        reason = f"The job ended with status {process.returncode}; the job runner's log says more."
        end_request(request, clock.now_ms(), reason if process.returncode else None)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the batch job when an operator asks for it.")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input closes")
    chosen = parser.parse_args()
    local_environment.use("http://127.0.0.1:4566", Path(".local/cache"))
    sys.path.insert(0, str(local_environment.REPOSITORY / "chalice_app"))
    runner = JobRunner()
    stop_when_told(runner.stop, with_parent=chosen.with_parent)
    runner.serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
