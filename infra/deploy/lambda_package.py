"""The API's deployment package: the app, and wheels for the Python and the libc that Lambda has.

The same sources and the same lock give the same bytes: entries are sorted and carry one fixed time. Where a
wheel is missing, or is not what the lock says, there is no package.
"""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = REPOSITORY / "infra" / "lambda-lock.txt"

LARGEST_ZIPPED = 50 << 20
LARGEST_UNZIPPED = 250 << 20
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)

NOT_NEEDED_TO_SERVE = frozenset(
    {
        *(
            "pip",
            "setuptools",
            "wheel",
            "inquirer",
            "blessed",
            "jinxed",
            "wcwidth",
            "readchar",
            "runs",
            "xmod",
        ),
        *("editor", "click", "pyyaml"),
    }
)
"""What Chalice's command line needs, and nothing that answers a request does."""

_LEFT_OUT = re.compile(r"(^|/)(tests?|__pycache__)/|\.(pyi|pxd|c|h|a)$|^bin/|^numpy/(f2py|distutils|doc)/")


class PackageError(Exception):
    """Why there is no package, in one sentence."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the function will run on. `platforms` are wheel tags; none means this very machine."""

    python: str
    platforms: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"python{self.python}"


# The runtime's Amazon Linux 2023 has glibc 2.34.
LAMBDA = Runtime("3.12", tuple(f"manylinux_2_{minor}_x86_64" for minor in range(34, 4, -1)))
THIS_MACHINE = Runtime(f"{sys.version_info.major}.{sys.version_info.minor}", ())


@dataclass(frozen=True, slots=True)
class Package:
    """`precompiled_by` made the .pyc files; None where no interpreter of that version was found."""

    content: bytes
    unzipped_size: int
    precompiled_by: str | None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def __str__(self) -> str:
        compiled = (
            f"compiled ahead by {self.precompiled_by}"
            if self.precompiled_by
            else "NOT compiled ahead, so a cold start takes about a second longer: put a python3.12 on PATH"
        )
        return (
            f"{len(self.content) / 2**20:.1f} MB of at most {LARGEST_ZIPPED >> 20}, unzipped "
            f"{self.unzipped_size / 2**20:.0f} MB of at most {LARGEST_UNZIPPED >> 20}; {compiled}"
        )


def build(app_files: dict[str, bytes], runtime: Runtime) -> Package:
    """The package of these files (by their name in it) and of all that the lock names.

    Raises PackageError if a wheel cannot be had or the result is too large.
    """
    with tempfile.TemporaryDirectory() as folder:
        wheels = _download(runtime, Path(folder) / "wheels")
        tree = Path(folder) / "tree"
        for name, content in {**_files_of(wheels), **app_files}.items():
            file = tree / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        interpreter = _interpreter(runtime)
        if interpreter:
            _compile(interpreter, tree)
        content, size = _zip(tree)
    if len(content) > LARGEST_ZIPPED or size > LARGEST_UNZIPPED:
        raise PackageError(
            f"The package has {len(content) >> 20} MB, unzipped {size >> 20} MB; Lambda takes at most "
            f"{LARGEST_ZIPPED >> 20} and {LARGEST_UNZIPPED >> 20}."
        )
    return Package(content, size, interpreter)


def _download(runtime: Runtime, folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    wanted = folder / "requirements.txt"
    locked = LOCK.read_text()
    chosen: list[str] = ["--require-hashes"]
    if runtime != LAMBDA:  # other wheels of the same versions
        locked = re.sub(r" --hash=\S+", "", locked)
        chosen = []
    wanted.write_text(locked)
    for platform in runtime.platforms:
        chosen += ["--platform", platform]
    chosen += ["--python-version", runtime.python, "--no-deps", "-r", str(wanted)]
    _pip_download(folder, *chosen)
    return sorted(folder.glob("*.whl"))


def _pip_download(folder: Path, *options: str) -> None:
    process = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--only-binary", ":all:", "--dest", str(folder), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        errors = [line for line in process.stderr.splitlines() if line.startswith("ERROR")]
        said = " ".join(errors) or process.stderr.strip()
        raise PackageError(f"Not every wheel can be had: {said}")


def _files_of(wheels: Iterable[Path]) -> dict[str, bytes]:
    """What installing the wheels would put on the path, by name."""
    files: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                name = _installed_name(entry.filename)
                if not entry.is_dir() and name and not _LEFT_OUT.search(name):
                    files[name] = archive.read(entry)
    return files


def _installed_name(name: str) -> str | None:
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return None if name.endswith(".dist-info/RECORD") else name
    kind, _, inner = rest.partition("/")
    return inner if kind in {"purelib", "platlib"} else None


def _interpreter(runtime: Runtime) -> str | None:
    """An interpreter of the runtime's version: .pyc files are of no use to any other."""
    if runtime == THIS_MACHINE:
        return sys.executable
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [shutil.which(runtime.name), *sorted(root.glob(f"{runtime.python}*/bin/python"), reverse=True)]
    for candidate in found:
        if candidate is None:
            continue
        asked = subprocess.run(
            [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode == 0 and asked.stdout.strip() == runtime.python:
            return str(candidate)
    return None


def _compile(interpreter: str, tree: Path) -> None:
    """Compile ahead what is there. The files are trusted as they are: a package never changes once made."""
    subprocess.run(
        [
            *(interpreter, "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(tree), "-p", "/var/task", str(tree)),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"},
        check=False,  # a file for another Python, as some wheels have, stays as it is
        stdout=subprocess.DEVNULL,
    )


def _zip(tree: Path) -> tuple[bytes, int]:
    """The zipped tree, and the bytes of its files."""
    buffer = io.BytesIO()
    size = 0
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for file in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(PurePosixPath(file.relative_to(tree))), _FIXED_TIME)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same on every system
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = file.read_bytes()
            size += len(content)
            archive.writestr(entry, content)
    return buffer.getvalue(), size


def locked(requirements: Path, left_out: frozenset[str] = frozenset()) -> str:
    """Every package that these requirements bring to Lambda's Python, its version and its wheel's hash."""
    with tempfile.TemporaryDirectory() as folder:
        platforms = [word for platform in LAMBDA.platforms for word in ("--platform", platform)]
        _pip_download(Path(folder), *platforms, "--python-version", LAMBDA.python, "-r", str(requirements))
        lines = []
        for wheel in Path(folder).glob("*.whl"):
            name, version = wheel.name.split("-")[:2]
            name = name.lower().replace("_", "-")
            if name not in left_out:
                lines.append(
                    f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"
                )
    source = requirements.relative_to(REPOSITORY)
    return "\n".join((f"# Made from {source} by `python -m infra.deploy lock`.", *sorted(lines), ""))
