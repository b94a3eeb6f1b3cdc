"""Read version (the commit), branch or tag, and build page from git and the variables of CI systems.

The client's `--auto-detect-version-properties` (0.10.9, measured) is for publishing only, names a tag as a branch on
GitHub and GitLab, `origin/main` on Jenkins, `b` for `a/b` on Azure, and never a build page.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outdial.broker.errors import unusable

COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILD_SOURCEVERSION")
BRANCH_VARIABLES = (
    "GITHUB_HEAD_REF",  # of a pull request; GITHUB_REF_NAME is 7/merge there
    "GITHUB_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_BRANCH",
    "CHANGE_BRANCH",  # of a pull request on Jenkins; BRANCH_NAME is PR-7 there
    "BRANCH_NAME",
    "GIT_BRANCH",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "BUILD_SOURCEBRANCH",
)


@dataclass(frozen=True, slots=True)
class Build:
    """The version of a publication. The build of a tag has no branch: no selector would find a branch named so."""

    version: str
    branch: str | None
    tag: str | None
    url: str | None

    def __str__(self) -> str:
        return f"{self.version} ({self.branch or f'tag {self.tag}'})"


def detect(environment: Mapping[str, str], tree: Path, chosen: Mapping[str, str | None] | None = None) -> Build:
    """Return the build of the work tree. `chosen` options override OUTDIAL_* variables, which override git.

    Raises: BrokerError without a commit, or with neither branch nor tag.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    given |= {f"OUTDIAL_{name}": value for name, value in (chosen or {}).items() if value}
    version = given.get("OUTDIAL_VERSION") or _git(tree, "rev-parse", "HEAD") or _first(given, *COMMIT_VARIABLES)
    if not version:
        fix = "commit first, or give --consumer-app-version (OUTDIAL_VERSION)"
        raise unusable(f"no version to publish: {tree} has no git commit", fix)
    branch = given.get("OUTDIAL_BRANCH") or _git(tree, "symbolic-ref", "--quiet", "--short", "HEAD")
    tag = None if branch else _ci_tag(given)
    branch = branch or (None if tag else _first(given, *BRANCH_VARIABLES))
    tag = tag or (None if branch else _git(tree, "describe", "--tags", "--exact-match", "HEAD"))
    if not branch and not tag:
        raise unusable(
            f"no branch to publish: HEAD is detached in {tree}, without a tag, and no CI variable names a branch",
            "give --branch (OUTDIAL_BRANCH): the branch of this commit",
        )
    branch = branch.removeprefix("refs/heads/").removeprefix("origin/") if branch else None
    return Build(version, branch, tag, build_url(given))


def _ci_tag(given: Mapping[str, str]) -> str | None:
    if given.get("GITHUB_REF_TYPE") == "tag":
        return given.get("GITHUB_REF_NAME")
    _, of_tag, azure = given.get("BUILD_SOURCEBRANCH", "").rpartition("refs/tags/")
    return _first(given, "CI_COMMIT_TAG", "TAG_NAME") or (azure if of_tag else None)


def build_url(given: Mapping[str, str]) -> str | None:
    """Return the page of the CI run, None on a laptop."""
    if named := _first(given, "OUTDIAL_BUILD_URL"):
        return named
    if "GITHUB_RUN_ID" in given:
        server = given.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{given.get('GITHUB_REPOSITORY', '')}/actions/runs/{given['GITHUB_RUN_ID']}"
    if "BUILD_BUILDID" in given and "SYSTEM_COLLECTIONURI" in given:
        project = f"{given['SYSTEM_COLLECTIONURI'].rstrip('/')}/{given.get('SYSTEM_TEAMPROJECT', '')}"
        return f"{project}/_build/results?buildId={given['BUILD_BUILDID']}"
    return _first(given, "CI_JOB_URL", "CI_PIPELINE_URL", "BUILD_URL")


def refuse_uncommitted(environment: Mapping[str, str], tree: Path, pacts: Path) -> None:
    """Raise BrokerError for uncommitted changes: a version names one commit and so one content."""
    if environment.get("OUTDIAL_ALLOW_DIRTY", "").strip().lower() in ("1", "true", "yes"):
        return
    changed = _git(tree, "status", "--porcelain", "--untracked-files=no")
    untracked = _git(tree, "status", "--porcelain", "--untracked-files=all", "--", str(pacts))
    files = list(dict.fromkeys(line[3:] for text in (untracked, changed) for line in (text or "").splitlines()))
    if files:
        named = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        fix = "commit or stash them; or set OUTDIAL_ALLOW_DIRTY=1 and give --consumer-app-version"
        raise unusable(f"uncommitted changes: {named}", fix)


def _git(tree: Path, *words: str) -> str | None:
    """Return git's output, None when it fails or is not installed."""
    try:
        done = subprocess.run(["git", "-C", str(tree), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 and done.stdout.strip() else None


def _first(given: Mapping[str, str], *names: str) -> str | None:
    return next((given[name] for name in names if name in given), None)
