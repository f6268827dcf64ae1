"""The API's composition root: the Chalice app and its blueprints."""

import gc

gc.disable()  # what is imported stays: searching it for garbage took an eighth of the start

from chalice.app import Chalice

from chalicelib.api import (
    account,
    accounts,
    documentation,
    exports,
    health,
    imports,
    marks,
    model_card,
    movies,
    my_movie,
    ops_costs,
    ops_models,
    ops_people,
    ops_runs,
    ratings,
    recovery,
    searches,
    statistics,
    streams,
    suggestions,
    trending,
    trying,
)
from chalicelib.api.headers import add_common_headers
from chalicelib.api.logs import configure_logs, log_requests
from chalicelib.api.problems import chalice_errors_as_problems
from chalicelib.config import settings

app = Chalice(app_name="movies", configure_logs=False)
configure_logs(app.log)

for middleware in (log_requests, add_common_headers, chalice_errors_as_problems):
    app.register_middleware(middleware, "http")
for module in (
    *(health, accounts, account, recovery, movies, searches, trending, model_card, trying),
    *(ratings, my_movie, statistics, marks, suggestions, imports, exports),
    *(ops_runs, ops_models, ops_people, ops_costs),
    documentation,
):
    app.register_blueprint(module.blueprint)

# Which stream it is, and what becomes of batches that fail, is written in infra/app-merge.yaml.
# From the oldest record on: counting one twice changes nothing, missing one would.
count_ratings = app.on_dynamodb_record(
    "the stream of the ratings",
    batch_size=1000,
    starting_position="TRIM_HORIZON",
    maximum_batching_window_in_seconds=5,
)(streams.count_ratings)

if settings().started_ahead:
    from chalicelib.api.warming import warm_up

    warm_up(app)

gc.freeze()  # nor is it searched while somebody waits for an answer
gc.enable()
