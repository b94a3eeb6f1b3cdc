"""Result files of one run: all of them written, or none."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar


class BadResults(Exception):
    """Raised where a result file would destroy something. The message says what to do."""

    exit_code: ClassVar[int] = 4


def require_own(files: Mapping[str, Path], is_read: Callable[[Path], bool]) -> None:
    """Raise `BadResults` where two options name one file, or one names a file that is read."""
    taken: dict[Path, str] = {}
    for option, path in files.items():
        if _is_written_into(path):
            continue
        if is_read(path):
            raise BadResults(f"invalid --{option} {path}: that file is input; name another")
        if (other := taken.setdefault(path.resolve(), option)) != option:
            raise BadResults(f"--{other} and --{option} are both {path}; name a file for each")


def forget(files: Mapping[str, Path]) -> None:
    """Remove the results of an earlier run, and make their folders."""
    for path in files.values():
        if not _is_written_into(path):
            _file(path).unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)


def write(contents: Mapping[Path, bytes]) -> None:
    """Write all files, or none; a device or a pipe is written into. Raises OSError."""
    partials: dict[Path, Path] = {}
    written: list[Path] = []
    try:
        for path, content in contents.items():
            if _is_written_into(path):
                path.write_bytes(content)
            else:
                partials[_file(path)] = partial = _file(path).with_name(path.name + ".partial")
                partial.write_bytes(content)
        for path, partial in partials.items():
            partial.replace(path)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    finally:
        for partial in partials.values():
            with suppress(OSError):  # a folder of that name is somebody else's
                partial.unlink(missing_ok=True)


def _is_written_into(path: Path) -> bool:
    """Return whether a device or a pipe is there."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _file(path: Path) -> Path:
    """Return the target of a link: the link itself stays."""
    return path.resolve() if path.is_symlink() else path
