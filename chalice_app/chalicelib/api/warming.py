"""What is done ahead where Lambda starts the app before anybody waits for it, as SnapStart does.

The snapshot then holds what first requests would otherwise import, build and open. Where somebody waits for
the start nothing of it is done: most requests need little of it.
"""

from importlib import import_module

from chalice.app import Chalice

from chalicelib import aws
from chalicelib.api.documentation import description
from chalicelib.config import settings
from chalicelib.storage import tables

_IMPORTED_ON_USE = ("argon2", "jwt", "chalicelib.services.statistics", "chalicelib.services.suggesting")


def warm_up(app: Chalice) -> None:
    """Nothing is asked of AWS: what it says now would be old when the snapshot is restored."""
    for name in _IMPORTED_ON_USE:
        import_module(name)
    description(app, settings().api_base_path)  # takes every model of requests and answers, and so builds it
    aws.s3()
    aws.secrets_manager()
    tables.make_clients()
