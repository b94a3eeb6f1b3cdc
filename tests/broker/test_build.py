"""Version, branch and build page: from git, from the CI's variables, or as overruled."""

import pytest

from outdial.broker.build import Build, build_url, detect
from outdial.broker.errors import BrokerError
from tests.broker.doubles import pact
from tests.broker.workspace import Workspace

GITHUB = {"GITHUB_REF_NAME": "main", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
AZURE = {"SYSTEM_COLLECTIONURI": "https://dev.example/o/", "SYSTEM_TEAMPROJECT": "p", "BUILD_BUILDID": "7"}
MERGE_REQUEST = {"CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix", "CI_COMMIT_BRANCH": "x"}


@pytest.mark.parametrize(
    ("variables", "branch", "tag"),
    [
        pytest.param(GITHUB, "main", None, id="github"),
        pytest.param({"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}, "fix", None, id="github pull request"),
        pytest.param({"CI_COMMIT_BRANCH": "main"}, "main", None, id="gitlab"),
        pytest.param(MERGE_REQUEST, "fix", None, id="gitlab merge request"),
        pytest.param({"GIT_BRANCH": "origin/main"}, "main", None, id="jenkins"),
        pytest.param({"CHANGE_BRANCH": "fix", "BRANCH_NAME": "PR-7"}, "fix", None, id="jenkins pull request"),
        pytest.param({"BUILD_SOURCEBRANCH": "refs/heads/a/b"}, "a/b", None, id="azure"),
        pytest.param({"GITHUB_REF_NAME": "main", "OUTDIAL_BRANCH": "mine"}, "mine", None, id="overruled"),
        pytest.param({"GITHUB_REF_TYPE": "tag", "GITHUB_REF_NAME": "v1"}, None, "v1", id="github tag"),
        pytest.param({"CI_COMMIT_TAG": "v1"}, None, "v1", id="gitlab tag"),
        pytest.param({"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, None, "v1", id="jenkins tag"),
        pytest.param({"BUILD_SOURCEBRANCH": "refs/tags/v1"}, None, "v1", id="azure tag"),
    ],
)
def test_with_a_detached_head_branch_and_tag_are_the_cis(
    workspace: Workspace, variables: dict[str, str], branch: str | None, tag: str | None
) -> None:
    """Each CI has variables of its own. Published as a branch, no selector would ever find a tag. Git's come first."""
    with pytest.raises(BrokerError, match="give --consumer-app-version"):
        detect({}, workspace.folder)
    commit = workspace.commit(pact())
    assert detect({}, workspace.folder) == Build(commit, "main", None, None)
    workspace.git("checkout", "--quiet", "--detach")
    found = detect(variables, workspace.folder)
    assert (found.branch, found.tag) == (branch, tag)
    with pytest.raises(BrokerError, match="give --branch"):
        detect({}, workspace.folder)
    workspace.git("tag", "v2")
    assert detect({}, workspace.folder).tag == "v2"


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
