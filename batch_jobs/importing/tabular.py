"""Reading rows of text files with the line each begins on."""

import csv
import io
from collections.abc import Iterator

from batch_jobs.importing.recognition import Kind, SourceFile
from batch_jobs.progress import progress
from chalicelib.domain.errors import InvalidInputError

_LONGEST_FIELD = 16 * 1024 * 1024
_SEPARATORS = {Kind.FILMS_DAT: "::", Kind.FILMS_100K: "|"}

NumberedRow = tuple[int, list[str]]


def read_records(file: SourceFile) -> Iterator[tuple[int, dict[str, str], str]]:
    """The rows of a CSV file with a header: the line it begins on, its fields, and the row as text.

    Header names are in lower case. Fields that a short row lacks are empty; a row with more fields than
    the header has them all under the key `""`.
    """
    rows = _csv_rows(file)
    _, header = next(rows, (1, []))
    names = [name.strip().lower() for name in header]
    for line, fields in progress(rows, f"Reading {file.name}"):
        record = dict.fromkeys(names, "")
        record.update(zip(names, fields, strict=False))
        if len(fields) > len(names):
            record[""] = "\t".join(fields)
        yield line, record, as_text(fields)


def read_lines(file: SourceFile) -> Iterator[NumberedRow]:
    """The rows of a file without header whose fields are separated by `::` or `|`."""
    separator = _SEPARATORS[file.kind]
    with file.open() as stream, io.TextIOWrapper(stream, encoding=file.encoding()) as text:
        for line, row in enumerate(progress(text, f"Reading {file.name}"), start=1):
            if stripped := row.rstrip("\r\n"):
                yield line, stripped.split(separator)


def as_text(fields: list[str]) -> str:
    """A row for the file of rejects, on one line."""
    return " ".join(",".join(fields).split())


def _csv_rows(file: SourceFile) -> Iterator[NumberedRow]:
    csv.field_size_limit(_LONGEST_FIELD)
    with file.open() as stream, io.TextIOWrapper(stream, encoding=file.encoding(), newline="") as text:
        reader = csv.reader(text)
        line = 1
        try:
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise InvalidInputError(
                f"{file.name} cannot be read past line {line}: a quotation mark there is never closed."
            ) from error
