"""The files in which results are told: of this run and of no other, all of them or none."""

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ClassVar

OPTIONS = ("json", "junit", "observed")


class BadResults(Exception):
    """A place where results would destroy something; the message says what, and what to do."""

    exit_code: ClassVar[int] = 4


def require_own(options: Namespace, is_read: Callable[[Path], bool]) -> None:
    """Raises `BadResults` where two results would be one file, or one of them a file that is read."""
    taken: dict[Path, str] = {}
    for option in OPTIONS:
        path = Path(getattr(options, option))
        if _is_written_into(path):
            continue
        if is_read(path):
            raise BadResults(
                f"--{option} {path}: results there would be read as input, or destroy it; name another file"
            )
        if (other := taken.setdefault(path.resolve(), option)) != option:
            raise BadResults(f"--{other} and --{option} are both {path}; name a file for each")


def forget(options: Namespace, names: Iterable[str] = OPTIONS) -> None:
    """Results of an earlier run are none of this one. `names` are the options that say where they are."""
    with ExitStack() as each:  # the others also where one cannot be
        for option in names:
            path = Path(getattr(options, option))
            if not _is_written_into(path):
                each.callback(_file(path).unlink, missing_ok=True)
                each.callback(path.parent.mkdir, parents=True, exist_ok=True)


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all of them whole, or none; what is there and is no regular file, such as a device, is written into.

    Raises OSError.
    """
    partials: dict[Path, Path] = {}
    written: list[Path] = []
    try:
        for path, content in contents.items():
            if not _is_written_into(path):
                partials[_file(path)] = partial = _file(path).with_name(path.name + ".partial")
                partial.write_bytes(content)
        for path, content in contents.items():
            if _is_written_into(path):
                path.write_bytes(content)
        for path, partial in partials.items():
            partial.replace(path)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    finally:
        for partial in partials.values():
            with suppress(OSError):  # a folder of that name is another's
                partial.unlink(missing_ok=True)


def _is_written_into(path: Path) -> bool:
    """Whether something is there that is neither file nor folder: a device or a pipe."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _file(path: Path) -> Path:
    """What a link leads to: the link is another's."""
    return path.resolve() if path.is_symlink() else path
