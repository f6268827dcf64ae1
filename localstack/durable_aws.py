"""MiniStack as an ASGI application, plus the promise that what it acknowledged survives a `kill -9`.

MiniStack keeps everything but S3 objects in memory and saves it at a graceful stop only. Here:

- **DynamoDB items**: the outcome of every write is appended to a journal (see `journal.py`) before the
  write is answered. Writes go one at a time, so the journal's order is the order they happened in.
- **S3 objects** are files; MiniStack writes each before it answers.
- **Stream records** go into the journal with the write they tell of; of those that a checkpoint drops from
  it, the newest are kept beside the snapshot, more than a consumer that is running can be behind.
- **Everything else that changes** (tables, stacks, secrets, buckets, parameters, schedules …) is rare and
  small: the state of these services is saved whole before the call is answered. A stack is built after its
  call was answered, so it is saved before the first CloudFormation answer after it is complete; a kill
  before that leaves the stack as it was, never half-made for good.
- A write whose outcome the request does not tell (PartiQL) is answered after a checkpoint.

A checkpoint saves DynamoDB's snapshot and drops the journal segments it holds. One is taken when the
journal has grown large, when a table is written to that the snapshot lacks, and at start and stop if
replaying the journal would take longer than a moment. At start the snapshot is loaded, then the journal
is replayed.

    services/*.json   one file per service, replaced atomically; streams.json for the newest stream records
    journal/*         DynamoDB writes since the snapshot in services/dynamodb.json
    s3/               the objects

Not kept: older stream records, unfinished multipart uploads, transaction tokens.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import ministack.app
from ministack.core import persistence
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.core.router import detect_service
from ministack.services import dynamodb

from journal import DamagedStateError, Journal, Outcome

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

WORTH_A_CHECKPOINT = 4 << 20
"""Bytes of journal from which starting and stopping take a checkpoint (about a second's replay)."""

KEPT_STREAM_RECORDS = 4000
"""Of each stream, at a checkpoint: less than what makes the next start take another one."""

_STREAMS = "streams"

_READING = re.compile(
    r"(Get|List|Describe|Head|Query|Scan|Search|BatchGet|TransactGet|Lookup|Filter|Select|Validate|Assume)"
)
_READING_METHODS = {"GET", "HEAD", "OPTIONS"}

log = logging.getLogger("embedded-aws")


@dataclass(slots=True)
class Answer:
    """A whole HTTP answer, held back until what it acknowledges is safe."""

    messages: list[Message] = field(default_factory=list)

    async def collect(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"]) if self.messages else HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


class DurableAws:
    """The ASGI application. Call `restore` before serving and `close` after."""

    def __init__(self, state: Path, large_journal: int) -> None:
        """`large_journal`: bytes of journal from which a checkpoint is taken while running."""
        self._large_journal = large_journal
        self._services = state / "services"
        self._services.mkdir(parents=True, exist_ok=True)
        self._journal = Journal(state / "journal")
        # Held from a write's effect to its record, and while the tables are copied for a checkpoint.
        self._writing = asyncio.Lock()
        # Held from that copy until it is on disk; always taken after `_writing`.
        self._saving = asyncio.Lock()
        self._saved_tables: set[str] = set()
        self._stacks_changed = False
        self._background: asyncio.Task[None] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        kind = _kind_of(scope) if scope["type"] == "http" else "other"
        if kind == "other":
            await ministack.app.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        if kind == "item write":
            answer = await self._write_items(scope, body)
        else:
            answer = await self._call_service(scope, body)
        for message in answer.messages:
            await send(message)

    # Starting and stopping

    async def restore(self) -> None:
        """Load the snapshots and replay the journal. Raises DamagedStateError."""
        for name, module in ministack.app._state_map.items():
            file = self._services / f"{name}.json"
            if file.exists():
                ministack.app._get_module(module).load_persisted_state(self._load(file))
        if (file := self._services / f"{_STREAMS}.json").exists():
            for account, region, table, records in self._load(file):
                dynamodb._stream_records.set_scoped(account, region, table, records)
        self._replay()
        if self._journal.size > WORTH_A_CHECKPOINT:
            await self.checkpoint()

    async def close(self) -> None:
        """Save what is worth saving at a graceful stop. Raises OSError."""
        if self._background:
            await self._background
        if self._journal.size > WORTH_A_CHECKPOINT:
            await self.checkpoint()
        else:
            self._save_services(dynamodb=False)
        self._journal.close()

    def sync(self) -> None:
        """Ask the disk to keep the journal; may run in another thread."""
        self._journal.sync()

    # Requests

    async def _write_items(self, scope: Message, body: bytes) -> Answer:
        """Run a DynamoDB write, journal its outcome, and only then let its answer go."""
        async with self._writing:
            streamed_before = _last_streamed()
            answer = await _ask(scope, body)
            if answer.status != HTTPStatus.OK:
                return answer
            writes = await _outcome(scope, body, answer)
            streamed = _streamed_since(streamed_before)
            try:
                if writes is None or not self._saved_tables.issuperset(table for table, _ in writes):
                    await self._checkpoint_now()
                if writes:
                    self._journal.append(Outcome(_signed_for(scope), writes, streamed))
            except OSError as error:
                return _not_kept(error)
        if self._journal.size > self._large_journal and self._background is None:
            self._background = asyncio.create_task(self._checkpoint_in_background())
        return answer

    async def _call_service(self, scope: Message, body: bytes) -> Answer:
        """Run a call to any other service; if it may have changed something, save before it is answered.

        The call itself runs without the write lock: it may start a Lambda that writes items.
        """
        answer = await _ask(scope, body)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return answer
        service, action = _service_and_action(scope, body)
        changes = scope["method"] not in _READING_METHODS and not _READING.match(action)
        if service == "cloudformation":
            self._stacks_changed = changes = self._stacks_changed or changes
        if not changes or (service == "cloudformation" and _stacks_under_way()):
            return answer
        try:
            if service in {"cloudformation", "dynamodb"} or scope["path"] == "/_ministack/reset":
                await self.checkpoint()
                self._stacks_changed = _stacks_under_way()
            else:
                self._save_services(dynamodb=False)
        except OSError as error:
            return _not_kept(error)
        return answer

    # Snapshots

    async def checkpoint(self) -> None:
        """Save everything and drop the journal it holds. Raises OSError."""
        async with self._writing:
            await self._checkpoint_now()

    async def _checkpoint_now(self) -> None:
        """As `checkpoint`; the caller holds the write lock."""
        async with self._saving:
            ended = self._journal.rotate()
            self._save_services(dynamodb=True)
            self._journal.drop(ended)

    async def _checkpoint_in_background(self) -> None:
        """As `checkpoint`, but writes wait only while the tables are copied."""
        try:
            async with contextlib.AsyncExitStack() as saving:
                async with self._writing:
                    await saving.enter_async_context(self._saving)
                    ended = self._journal.rotate()
                    tables = await asyncio.to_thread(_state_of, "dynamodb")
                    streams = _newest_streamed()
                await asyncio.to_thread(self._save, _STREAMS, streams)
                await asyncio.to_thread(self._save, "dynamodb", tables)
                self._journal.drop(ended)
        except OSError as error:
            _not_kept(error)
        finally:
            self._background = None

    def _save_services(self, *, dynamodb: bool) -> None:
        left_out = set() if dynamodb else {"dynamodb"}
        if dynamodb:
            self._save(_STREAMS, _newest_streamed())
        if _stacks_under_way():
            left_out.add("cloudformation")
        for name in ministack.app._build_persistence_save_dict():
            if name not in left_out:
                self._save(name, _state_of(name))

    def _save(self, name: str, state: Any) -> None:
        """Replace a service's file by its present state, or leave it as it is and raise OSError."""
        if state is None:
            return
        content = json.dumps(
            {"__ministack_format__": persistence._state_format_version(name), "payload": state},
            default=persistence._json_default,
        ).encode()
        file = self._services / f"{name}.json"
        partial = file.with_suffix(".partial")
        try:
            if not file.exists() or file.read_bytes() != content:
                with partial.open("wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                partial.replace(file)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        if name == "dynamodb":
            self._saved_tables = _table_names(state)

    def _load(self, file: Path) -> Any:
        try:
            saved = json.loads(file.read_bytes(), object_hook=persistence._json_object_hook)
            version, state = saved["__ministack_format__"], saved["payload"]
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedStateError(
                f"The saved state in {file} is damaged; bring it back from a copy, or begin anew: make reset"
            ) from error
        if version > persistence._state_format_version(file.stem):
            raise DamagedStateError(
                f"{file} was written by a newer MiniStack; install that version to read it."
            )
        if file.stem == "dynamodb":
            self._saved_tables = _table_names(state)
        return state

    def _replay(self) -> None:
        """Put the journal's writes into the tables, and what they once streamed into the streams."""
        try:
            for outcome in self._journal.outcomes():
                access_key, region = outcome.scope
                set_request_account_id(access_key)
                set_request_region(region)
                for table, write in outcome.writes:
                    _put_back(dynamodb._tables[table], write)
                for table, record in outcome.streamed:
                    _stream_again(table, record)
        except (ValueError, KeyError) as error:
            raise DamagedStateError(
                f"The journal in {self._services.parent / 'journal'} does not fit the saved tables "
                f"({error!r}); bring the whole folder back from a copy, or begin anew: make reset"
            ) from error


# What a request is, and what it did


def _kind_of(scope: Message) -> str:
    """`item write`, `service call` (may change a service's state), or `other` (passes straight through)."""
    if _header(scope, b"x-amz-target").startswith("DynamoDB_"):
        action = _action_header(scope)
        if _READING.match(action):
            return "other"
        writes_items = action.endswith(("Item", "Items", "Statement", "Transaction"))
        return "item write" if writes_items else "service call"
    path: str = scope["path"]
    if path.startswith("/_"):
        return "service call" if path == "/_ministack/reset" else "other"
    if _service_and_action(scope, b"")[0] == "s3":
        # Objects are MiniStack's to keep; what belongs to the bucket itself is saved with the services.
        bucket_only = "/" not in path.strip("/")
        return "service call" if bucket_only and scope["method"] in {"PUT", "DELETE"} else "other"
    return "service call"


def _service_and_action(scope: Message, body: bytes) -> tuple[str, str]:
    """The service a request is for, and its action ("" where only method and path tell)."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    service: str = detect_service(scope["method"], scope["path"], headers, query)
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        query |= parse_qs(body.decode("latin-1"))
    return service, _action_header(scope) or query.get("Action", [""])[0]


def _header(scope: Message, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted), "")


def _action_header(scope: Message) -> str:
    return _header(scope, b"x-amz-target").rpartition(".")[2]


def _signed_for(scope: Message) -> tuple[str, str]:
    """Access key and region of the request's signature; they name account and region in MiniStack."""
    signed = re.search(r"Credential=([^/]+)/[^/]+/([^/]+)/", _header(scope, b"authorization"))
    return (signed[1], signed[2]) if signed else ("", "")


async def _outcome(scope: Message, body: bytes, answer: Answer) -> list[tuple[str, dict[str, Any]]] | None:
    """What the request left in the tables, or None where it does not tell."""
    action = _action_header(scope)
    request = json.loads(body)
    if action == "BatchWriteItem":
        if json.loads(answer.body).get("UnprocessedItems"):
            return None
        return [(_bare(table), write) for table, group in request["RequestItems"].items() for write in group]
    if action == "TransactWriteItems":
        steps = [step for member in request["TransactItems"] for step in member.items()]
    elif action in {"PutItem", "DeleteItem", "UpdateItem"}:
        steps = [(action.removesuffix("Item"), request)]
    else:
        return None
    writes: list[tuple[str, dict[str, Any]]] = []
    for kind, step in steps:
        table = _bare(step["TableName"])
        if kind == "Put":
            writes.append((table, {"PutRequest": {"Item": step["Item"]}}))
        elif kind == "Delete":
            writes.append((table, {"DeleteRequest": {"Key": step["Key"]}}))
        elif kind == "Update":
            present = await _dynamodb(_signed_for(scope), "GetItem", {"TableName": table, "Key": step["Key"]})
            item = present.get("Item")
            delete = {"DeleteRequest": {"Key": step["Key"]}}
            writes.append((table, {"PutRequest": {"Item": item}} if item else delete))
    return writes


def _bare(table: str) -> str:
    """A table's name, also where the caller gave its ARN."""
    return table.rpartition("/")[2]


def _put_back(table: dict[str, Any], write: dict[str, Any]) -> None:
    """Apply a write to a table's items as a request would (numbers in one form), but without its events."""
    item = write["PutRequest"]["Item"] if "PutRequest" in write else None
    attributes = item or write["DeleteRequest"]["Key"]
    hash_value, range_value, refusal = dynamodb._resolve_table_key_values(table, attributes, allow_extra=True)
    if refusal or (item and dynamodb._validate_item(item)):
        raise ValueError(f"a write that table {table['TableName']} does not take")
    if item:
        dynamodb._set_item(table, hash_value, range_value, item)
    else:
        dynamodb._remove_item(table, hash_value, range_value)


def _last_streamed() -> dict[tuple[str, str, str], str]:
    """The sequence number of each stream's newest record."""
    return {
        key: _sequence_number(records[-1]) for key, records in dynamodb._stream_records.all_items() if records
    }


def _streamed_since(before: dict[tuple[str, str, str], str]) -> list[tuple[str, dict[str, Any]]]:
    """The records that came after those, with their tables."""
    return [
        (key[2], record)
        for key, records in dynamodb._stream_records.all_items()
        for record in reversed(list(_newer(records, before.get(key, ""))))
    ]


def _newer(records: list[dict[str, Any]], sequence_number: str) -> Iterator[dict[str, Any]]:
    """The records after that number, the newest first."""
    return takewhile(lambda record: _sequence_number(record) > sequence_number, reversed(records))


def _newest_streamed() -> list[tuple[str, str, str, list[dict[str, Any]]]]:
    return [(*key, records[-KEPT_STREAM_RECORDS:]) for key, records in dynamodb._stream_records.all_items()]


def _stream_again(table: str, record: dict[str, Any]) -> None:
    """Put a record back into its stream, in whose order the journal holds them, unless it is there."""
    records = dynamodb._stream_records.get(table)
    if records is None:
        dynamodb._stream_records[table] = [record]
    elif _sequence_number(record) > _sequence_number(records[-1]):
        records.append(record)


def _sequence_number(record: dict[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


# Talking to MiniStack in this process


async def _ask(scope: Message, body: bytes) -> Answer:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    answer = Answer()
    await ministack.app.app(scope, receive, answer.collect)
    return answer


async def _dynamodb(signed_for: tuple[str, str], action: str, request: dict[str, Any]) -> dict[str, Any]:
    """Call DynamoDB in the account and region that `signed_for` names. Raises RuntimeError if it refuses."""
    access_key, region = signed_for
    credential = f"{access_key}/20200101/{region}/dynamodb/aws4_request"
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/x-amz-json-1.0"),
        (b"x-amz-target", f"DynamoDB_20120810.{action}".encode()),
        (b"authorization", f"AWS4-HMAC-SHA256 Credential={credential}, Signature=0".encode()),
    ]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    answer = await _ask(scope, json.dumps(request).encode())
    result: dict[str, Any] = json.loads(answer.body)
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{action} answered {answer.status}: {result.get('message', result)}")
    return result


def _state_of(name: str) -> Any:
    """A copy of a service's state; taken again where one of MiniStack's threads changed it meanwhile."""
    get_state = ministack.app._build_persistence_save_dict()[name]
    for _ in range(20):
        with contextlib.suppress(RuntimeError):
            return get_state()
    return get_state()


def _stacks_under_way() -> bool:
    cloudformation = ministack.app._loaded_modules.get("cloudformation")
    return cloudformation is not None and any(
        stack["StackStatus"].endswith("_IN_PROGRESS") for stack in cloudformation._stacks.all_values()
    )


def _table_names(state: dict[str, Any]) -> set[str]:
    return {name for (_, _, name), _ in state["tables"].all_items()}


async def _read(receive: Receive) -> bytes | None:
    """The request's body, or None if the caller hung up."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def disk_sentence(error: OSError) -> str:
    return (
        f"The embedded AWS cannot write to its state folder ({error.strerror}): "
        "free some space or mend its permissions."
    )


def _not_kept(error: OSError) -> Answer:
    """The answer to a change that could not be made safe; its caller must take it as not made.

    AWS clients do not retry a 507, and rightly: a full disk stays full.
    """
    log.error(disk_sentence(error))
    body = json.dumps({"__type": "InsufficientStorage", "message": disk_sentence(error)}).encode()
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(body)).encode())]
    return Answer(
        [
            {
                "type": "http.response.start",
                "status": int(HTTPStatus.INSUFFICIENT_STORAGE),
                "headers": headers,
            },
            {"type": "http.response.body", "body": body},
        ]
    )
