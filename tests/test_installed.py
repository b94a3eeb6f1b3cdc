"""The wheel, in a fresh environment and away from the checkout, is the whole command."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

from outdial import __version__
from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # builds a wheel and an environment, which change rarely


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the files of the checkout as they are now, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, timeout=120)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def outdial(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a new environment; what the wheel depends on is taken from this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    python = folder / "bin" / "python"
    install: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    install += ["--no-deps", "--no-index", wheel]
    subprocess.run(install, check=True, timeout=120)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "outdial"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of somebody else's project, whose own settings and packages must not be taken for ours."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (tmp_path / "conftest.py").write_text("raise SystemExit('the conftest of another project')\n")
    for name in ("contracts", "broker"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the package of another project')\n")
    return tmp_path


def run(outdial: Path, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The installed command in `folder`, with nothing that points to the checkout."""
    return subprocess.run(
        [outdial, *arguments], cwd=folder, env={"PATH": "/usr/bin:/bin", "PACT_DO_NOT_TRACK": "true"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def files_of(*folders: str) -> list[PurePosixPath]:
    """Every file of these folders, below the checkout."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [
        PurePosixPath(path.relative_to(ROOT)) for path in paths if path.is_file() and "__pycache__" not in path.parts
    ]


def test_nothing_but_outdial_lands_in_an_environment(wheel: Path) -> None:
    """Rooms with names such as `contracts` are inside it; each is there with all of its code and data."""
    with ZipFile(wheel) as archive:
        names = {PurePosixPath(name) for name in archive.namelist()}
    assert {name.parts[0] for name in names} == {"outdial", "provider_states", f"outdial-{__version__}.dist-info"}
    code = {path: path for path in files_of("outdial", "provider_states")}
    data = {path: PurePosixPath("outdial/data") / path for path in files_of("contracts", "consumer_tests", "pacts")}
    assert not {inside.as_posix() for inside in (code | data).values()} - {name.as_posix() for name in names}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["verify", "-k", "get_call or journey/placed_call_is_read"],
        ["generate", "--pacts", "made"],
        ["settle", "--pacts", "made/omnichannel-middleware-nice-cxone.omnichannel.json"],
        ["strength", "--edition", "nice-cxone.omnichannel"],
        ["claims"],
    ],
    ids=" ".join,
)
def test_commands_work_where_there_is_no_checkout(arguments: list[str], outdial: Path, elsewhere: Path) -> None:
    """Tables, policies, names and pacts come with it; what is written goes below the current folder only."""
    (packaged,) = outdial.parent.parent.glob("lib/python*/site-packages/outdial")
    before = {path for path in packaged.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"}
    if arguments[0] == "settle":
        shutil.copytree(ROOT / "pacts", elsewhere / "made")
    ended = run(outdial, elsewhere, *arguments)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert {path for path in packaged.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"} == before
    if arguments[0] == "generate":
        made = {path.name: path.read_bytes() for path in (elsewhere / "made").iterdir()}
        assert made == {path.name: path.read_bytes() for path in (ROOT / "pacts").iterdir()}


def test_the_pytest_plugin_is_found(outdial: Path, tmp_path: Path) -> None:
    """The test of docs/pytest.md passes where outdial is installed, without a conftest."""
    page = (ROOT / "docs" / "pytest.md").read_text()
    (tmp_path / "test_application.py").write_text(page.partition("```python\n")[2].partition("```")[0])
    command = [str(outdial.parent / "python"), "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    ended = subprocess.run(command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
