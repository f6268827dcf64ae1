"""Logs as one JSON object a line, without anybody's e-mail address or token."""

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from chalice.app import Request, Response

from chalicelib import measuring

# E-mail addresses; JWTs; and refresh tokens, which are 43 letters of base64url.
_PRIVATE = re.compile(r"[^\s\"'#=<>]+@[^\s\"'<>]+|eyJ[\w-]+\.[\w-]*\.?[\w-]*|(?<![\w-])[\w-]{43}(?![\w-])")

log = logging.getLogger("movies.api")


class JsonLines(logging.Formatter):
    """The message, the fields given as `extra={"fields": {…}}`, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _PRIVATE.sub("…", json.dumps(line, ensure_ascii=False, default=str))


def configure_logs(logger: logging.Logger) -> None:
    """Write this logger and those below it as JSON lines, once."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def log_requests(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: one line for each request, naming the route but not what was in it."""
    measuring.begin()
    started = time.perf_counter()
    response = get_response(request)
    log.info(
        "request",
        extra={
            "fields": {
                "method": request.method,
                "route": request.path,
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "request_id": request.context.get("requestId"),
                **measuring.fields(),
            }
        },
    )
    return response
