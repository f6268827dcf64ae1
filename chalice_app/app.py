"""The API's composition root: the Chalice app and its blueprints."""

from chalice.app import Chalice

from chalicelib.api import (
    account,
    accounts,
    documentation,
    exports,
    health,
    imports,
    marks,
    movies,
    ratings,
    recovery,
    suggestions,
)
from chalicelib.api.headers import add_common_headers
from chalicelib.api.logs import configure_logs, log_requests
from chalicelib.api.problems import chalice_errors_as_problems

app = Chalice(app_name="movies", configure_logs=False)
configure_logs(app.log)

for middleware in (log_requests, add_common_headers, chalice_errors_as_problems):
    app.register_middleware(middleware, "http")
for module in (
    health,
    accounts,
    account,
    recovery,
    movies,
    ratings,
    marks,
    suggestions,
    imports,
    exports,
    documentation,
):
    app.register_blueprint(module.blueprint)
