"""Version, branch and build page: from git, from the CI's variables, or as overruled."""

import pytest

from outdial.broker.build import Build, build_url, detect
from outdial.broker.errors import BrokerError
from tests.broker.provider_double import pact
from tests.broker.workspace import Workspace

GITHUB = {"GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
AZURE = {"SYSTEM_COLLECTIONURI": "https://dev.example/o/", "SYSTEM_TEAMPROJECT": "p", "BUILD_BUILDID": "7"}


def test_on_a_laptop_version_and_branch_are_gits(workspace: Workspace) -> None:
    """The commit and the branch; no build page."""
    commit = workspace.commit(pact("web-shop", "orders-api"))
    assert detect({}, workspace.folder) == Build(commit, "main", None, None)


@pytest.mark.parametrize(
    ("variables", "branch"),
    [
        pytest.param(GITHUB, "main", id="github"),
        pytest.param({"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}, "fix", id="github pull request"),
        pytest.param({"CI_COMMIT_BRANCH": "main"}, "main", id="gitlab"),
        pytest.param(
            {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix", "CI_COMMIT_BRANCH": "x"}, "fix", id="gitlab merge request"
        ),
        pytest.param({"GIT_BRANCH": "origin/main"}, "main", id="jenkins"),
        pytest.param({"CHANGE_BRANCH": "fix", "BRANCH_NAME": "PR-7"}, "fix", id="jenkins pull request"),
        pytest.param({"BUILD_SOURCEBRANCH": "refs/heads/a/b"}, "a/b", id="azure"),
        pytest.param({"GITHUB_REF_NAME": "main", "OUTDIAL_BRANCH": "mine"}, "mine", id="overruled"),
    ],
)
def test_with_a_detached_head_the_branch_is_the_cis(
    workspace: Workspace, variables: dict[str, str], branch: str
) -> None:
    """CI systems check out a commit; they name the branch in variables, each in its own."""
    workspace.commit(pact("web-shop", "orders-api"))
    workspace.git("checkout", "--quiet", "--detach")
    assert detect(variables, workspace.folder).branch == branch


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        pytest.param({}, None, id="laptop"),
        pytest.param(GITHUB, "https://github.com/o/r/actions/runs/7", id="github"),
        pytest.param({"CI_JOB_URL": "https://gitlab.example/-/jobs/7"}, "https://gitlab.example/-/jobs/7", id="gitlab"),
        pytest.param({"BUILD_URL": "https://ci.example/job/7/"}, "https://ci.example/job/7/", id="jenkins"),
        pytest.param(AZURE, "https://dev.example/o/p/_build/results?buildId=7", id="azure"),
        pytest.param(GITHUB | {"OUTDIAL_BUILD_URL": "https://x.example"}, "https://x.example", id="overruled"),
    ],
)
def test_the_build_page_is_the_cis(variables: dict[str, str], url: str | None) -> None:
    """The broker links results to the run that made them."""
    assert build_url(variables) == url


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, id="github"),
        pytest.param({"CI_COMMIT_TAG": "v1"}, id="gitlab"),
        pytest.param({"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, id="jenkins"),
        pytest.param({"BUILD_SOURCEBRANCH": "refs/tags/v1"}, id="azure"),
        pytest.param({}, id="git alone"),
    ],
)
def test_a_tag_is_a_tag_and_no_branch(workspace: Workspace, variables: dict[str, str]) -> None:
    """Published as a branch, no selector would ever find it; the client's own detection does that."""
    workspace.commit(pact("web-shop", "orders-api"))
    workspace.git("tag", "v1")
    workspace.git("checkout", "--quiet", "--detach")
    found = detect(variables, workspace.folder)
    assert (found.branch, found.tag) == (None, "v1")


def test_a_branch_that_nobody_names_must_be_given(workspace: Workspace) -> None:
    """HEAD is detached, outside of a CI, without a tag."""
    workspace.commit(pact("web-shop", "orders-api"))
    workspace.git("checkout", "--quiet", "--detach")
    with pytest.raises(BrokerError, match="give --branch"):
        detect({}, workspace.folder)
    assert detect({}, workspace.folder, {"BRANCH": "mine"}).branch == "mine"


def test_without_a_commit_the_version_must_be_set(workspace: Workspace) -> None:
    """There is nothing else that names a content for ever."""
    with pytest.raises(BrokerError, match="give --consumer-app-version"):
        detect({}, workspace.folder)
