"""Version (the commit), branch or tag, and the page of the build, from git and the CI's variables.

The broker's client has `--auto-detect-version-properties` for publishing, and nothing for the other commands. Measured
(0.10.9), it names a tag as a branch on GitHub and GitLab, `origin/main` on Jenkins, the last step of `a/b` on Azure,
and no page of the build anywhere.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outdial.broker.outcome import Unusable

COMMIT_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT", "BUILD_SOURCEVERSION")
TAG_VARIABLES = ("CI_COMMIT_TAG", "TAG_NAME")
BRANCH_VARIABLES = (
    "GITHUB_HEAD_REF",  # GitHub, pull request: the branch that asks; GITHUB_REF_NAME is 7/merge there
    "GITHUB_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_BRANCH",
    "CHANGE_BRANCH",  # Jenkins multibranch, pull request; BRANCH_NAME is PR-7 there
    "BRANCH_NAME",
    "GIT_BRANCH",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "BUILD_SOURCEBRANCH",
)
REF_PREFIXES = ("refs/heads/", "origin/")


@dataclass(frozen=True, slots=True)
class Build:
    """What a version is published with. A build of a tag has no branch: as one, no selector would find it."""

    version: str
    branch: str | None
    tag: str | None
    url: str | None

    def __str__(self) -> str:
        return f"{self.version} ({self.branch or f'tag {self.tag}'})"


def detect(environment: Mapping[str, str], tree: Path, chosen: Mapping[str, str | None] | None = None) -> Build:
    """The build of the work tree at `tree`; what is `chosen` by option overrules variables, OUTDIAL_* ones git.

    Raises: BrokerError when there is no commit, or neither a branch nor a tag to name.
    """
    given = {name: value for name, value in environment.items() if value.strip()}
    given |= {f"OUTDIAL_{name}": value for name, value in (chosen or {}).items() if value}
    version = given.get("OUTDIAL_VERSION") or git(tree, "rev-parse", "HEAD") or first(given, COMMIT_VARIABLES)
    if not version:
        raise Unusable(
            f"no version to publish: {tree} has no git commit",
            "commit first, or give --consumer-version (OUTDIAL_VERSION)",
        )
    branch = given.get("OUTDIAL_BRANCH") or git(tree, "symbolic-ref", "--quiet", "--short", "HEAD")
    tag = None if branch else ci_tag(given)
    branch = branch or (None if tag else first(given, BRANCH_VARIABLES))
    tag = tag or (None if branch else git(tree, "describe", "--tags", "--exact-match", "HEAD"))
    if not branch and not tag:
        raise Unusable(
            f"no branch to publish: HEAD is detached in {tree}, no tag is there and no CI variable names a branch",
            "give --branch (OUTDIAL_BRANCH): the branch this commit belongs to",
        )
    for prefix in REF_PREFIXES:
        branch = branch.removeprefix(prefix) if branch else None
    return Build(version, branch, tag, build_url(given))


def ci_tag(given: Mapping[str, str]) -> str | None:
    """The tag that the CI builds; None when it builds a branch."""
    if given.get("GITHUB_REF_TYPE") == "tag":
        return given.get("GITHUB_REF_NAME")
    azure = given.get("BUILD_SOURCEBRANCH", "")
    return first(given, TAG_VARIABLES) or (azure.removeprefix("refs/tags/") if azure.startswith("refs/tags/") else None)


def build_url(given: Mapping[str, str]) -> str | None:
    """The page of the CI run that does this, None on a laptop."""
    if "OUTDIAL_BUILD_URL" in given:
        return given["OUTDIAL_BUILD_URL"]
    if "GITHUB_RUN_ID" in given:
        server = given.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{given.get('GITHUB_REPOSITORY', '')}/actions/runs/{given['GITHUB_RUN_ID']}"
    if "BUILD_BUILDID" in given and "SYSTEM_COLLECTIONURI" in given:
        project = f"{given['SYSTEM_COLLECTIONURI'].rstrip('/')}/{given.get('SYSTEM_TEAMPROJECT', '')}"
        return f"{project}/_build/results?buildId={given['BUILD_BUILDID']}"
    return first(given, ("CI_JOB_URL", "CI_PIPELINE_URL", "BUILD_URL"))


def refuse_uncommitted(environment: Mapping[str, str], tree: Path, pacts: Path) -> None:
    """A version names one commit, so what is published under it must be what that commit holds.

    Raises: BrokerError naming the changed files, unless OUTDIAL_ALLOW_DIRTY is set.
    """
    if environment.get("OUTDIAL_ALLOW_DIRTY", "").strip().lower() in ("1", "true", "yes"):
        return
    changed = git(tree, "status", "--porcelain", "--untracked-files=no")
    uncommitted = git(tree, "status", "--porcelain", "--untracked-files=all", "--", str(pacts))
    files = dict.fromkeys(line[3:] for text in (uncommitted, changed) for line in (text or "").splitlines())
    if files:
        named = ", ".join(list(files)[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        raise Unusable(
            f"the work tree is not what its commit says: {named}",
            "commit (or stash) these and run again; to publish anyway under a version that you answer for, "
            "give --consumer-version and set OUTDIAL_ALLOW_DIRTY=1",
        )


def git(tree: Path, *words: str) -> str | None:
    """What git prints, None where it fails: no repository, no commit, detached, or no git at all."""
    try:
        done = subprocess.run(["git", "-C", str(tree), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.rstrip("\n") if done.returncode == 0 and done.stdout.strip() else None


def first(given: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of these variables that is set."""
    return next((given[name] for name in names if name in given), None)
