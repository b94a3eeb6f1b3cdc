"""Publish → verify → results → can-i-deploy with the real `pact broker` binary and the real Verifier."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.broker.double.routes import ROUTES
from tests.broker.double.server import BrokerDouble, Fault
from tests.broker.provider_double import ProviderDouble, pact
from tests.broker.recordings import exchanges
from tests.broker.workspace import ROOT, Done, Workspace

Run = Callable[..., Done]


@pytest.fixture
def run(workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble) -> Run:
    """Run a command against the doubles; `verify` is pointed at the provider double."""

    def command(*words: str, **variables: str) -> Done:
        where = ("--provider-url", provider.url, "--state-url", provider.state_url)
        extra = where if words[0] == "verify-broker" else ()
        return workspace.run(*words, *extra, PACT_BROKER_BASE_URL=broker.url, **variables)

    return command


def test_the_gate_says_unknown_then_yes_then_no(
    run: Run, workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble
) -> None:
    """Unverified fails, verified passes, a failed verification fails; the blocking row is printed."""
    version = workspace.commit(pact("web-shop", "orders-api"))
    assert run("publish").code == 0
    broker.held.version_of("orders-api", version)

    unknown = run("can-i-deploy")
    assert (unknown.code, "unknown, so no" in unknown.out) == (1, True)
    assert re.search(r"web-shop +\w+ +→ +orders-api +no version +not verified", unknown.out)

    verified = run("verify-broker")
    assert verified.code == 0, verified.text
    assert "passed: web-shop → orders-api: web-shop/get-order (an order)" in verified.out
    [result] = broker.held.results
    assert (result.provider_version, result.success) == (version, True)
    assert broker.held.pacticipants["orders-api"].versions[version].branches == ["main"]

    yes = run("can-i-deploy")
    assert (yes.code, ": yes" in yes.out) == (0, True)

    provider.broken = True
    failed = run("verify-broker")
    assert failed.code == 1
    assert "FAILED: web-shop → orders-api: web-shop/get-order" in failed.err
    assert "expected 200 but was 404" in failed.err

    no = run("can-i-deploy")
    assert (no.code, ": no\n" in no.out) == (1, True)
    assert re.search(r"web-shop +\w+ +→ +orders-api +\w+ +FAILED", no.out)


def test_the_gate_to_an_environment_compares_with_what_is_deployed_there(
    run: Run, workspace: Workspace, broker: BrokerDouble
) -> None:
    """Nothing deployed is unknown; after the provider's deployment is recorded, the consumer may follow."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    run("verify-broker")
    asked = ("can-i-deploy", "--to", "production")

    missing = run(*asked)
    assert (missing.code, "create-environment --name production" in missing.err) == (2, True)

    broker.held.environments["production"] = {
        "uuid": "6c4d898d-6c4d-4141-8bf2-b28a5f00d061",
        "name": "production",
    }
    assert run(*asked).code == 1
    recorded = run("record-deployment", "--to", "production", "--pacticipant", "orders-api")
    assert recorded.code == 0, recorded.text
    assert run(*asked).code == 0


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize("overruled", [{}, {"PACT_BROKER_CAN_I_DEPLOY_DRY_RUN": "true"}], ids=["", "dry-run"])
def test_no_is_no_whatever_the_output(run: Run, workspace: Workspace, output: str, overruled: dict[str, str]) -> None:
    """The client itself exits with 0 for JSON and in a dry run; the gate never does."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    assert run("can-i-deploy", "--output", output, **overruled).code == 1


def test_publishing_again_changes_nothing(run: Run, workspace: Workspace, broker: BrokerDouble) -> None:
    """The second `publish` of a commit succeeds, says so, and the broker holds what it held."""
    workspace.commit(pact("web-shop", "orders-api"), pact("app", "orders-api"))
    assert run("publish").out.count("published: ") == 2
    before = list(broker.held.pacts)
    again = run("publish")
    assert (again.code, again.out.count("already there, no change: ")) == (0, 2)
    assert broker.held.pacts == before


def test_one_changed_byte_under_a_published_version_is_refused(
    run: Run, workspace: Workspace, broker: BrokerDouble
) -> None:
    """First by us, as uncommitted; and where that check is waived, by the broker, with what to do."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    before = list(broker.held.pacts)
    path = workspace.folder / "pacts" / "web-shop-orders-api.json"
    path.write_bytes(path.read_bytes().replace(b"an order", b"an Order", 1))

    dirty = run("publish")
    assert (dirty.code, "pacts/web-shop-orders-api.json" in dirty.err) == (2, True)
    assert "commit" in dirty.err

    refused = run("publish", OUTDIAL_ALLOW_DIRTY="1")
    assert (refused.code, "already published with other content" in refused.err) == (1, True)
    assert "the new commit is the new version" in refused.err
    assert broker.held.pacts == before


@pytest.mark.parametrize("added", ["pacts/new-orders-api.json", "README"])
def test_only_what_is_committed_is_published(run: Run, workspace: Workspace, broker: BrokerDouble, added: str) -> None:
    """An uncommitted pact is refused, even a new one; other new files do not matter."""
    workspace.commit(pact("web-shop", "orders-api"))
    if added == "README":
        (workspace.folder / added).write_text("notes")
    else:
        workspace.write_pact(pact("new", "orders-api"))
    assert run("publish").code == (0 if added == "README" else 2)
    assert bool(broker.seen) == (added == "README")


def test_a_provider_without_a_pact_at_the_broker_is_not_green(run: Run, workspace: Workspace) -> None:
    """Nothing to verify fails and says which selectors found nothing, and to publish."""
    workspace.commit(pact("web-shop", "orders-api"))
    nothing = run("verify-broker")
    assert (nothing.code, "has no pact for it that matches main_branch" in nothing.err) == (2, True)
    assert "make publish" in nothing.err


def test_pending_and_work_in_progress_do_not_break_the_provider(run: Run, workspace: Workspace) -> None:
    """A failing new pact fails, but not with --pending; work in progress is fetched only when asked for."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    assert run("verify-broker").code == 0
    bad = pact("app", "orders-api")
    bad["interactions"][0]["response"]["status"] = 299
    workspace.git("switch", "--quiet", "--create", "feature")
    workspace.commit(bad)
    run("publish")
    workspace.git("switch", "--quiet", "main")

    assert run("verify-broker").code == 0
    with_branch = ("verify-broker", "--consumer-branch", "feature")
    assert run(*with_branch).code == 1
    pending = run(*with_branch, "--pending")
    assert (pending.code, "pending, failed: app" in pending.out) == (0, True)
    progress = run("verify-broker", "--wip-since", "2020-01-01")
    assert (progress.code, "pending, failed: app" in progress.out) == (0, True)


def test_only_failing_pending_pacts_are_nothing_verified(
    run: Run, workspace: Workspace, provider: ProviderDouble
) -> None:
    """The Verifier ends well when everything that failed is pending; nothing passed, so this does not."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    provider.broken = True
    done = run("verify-broker", "--pending")
    assert (done.code, "nothing is verified" in done.err) == (1, True)


def test_a_failed_verification_that_is_not_recorded_says_both(
    run: Run, workspace: Workspace, broker: BrokerDouble, provider: ProviderDouble
) -> None:
    """The verdict stands, with exit code 1; that the broker does not know it is not hidden behind it."""
    workspace.commit(pact("web-shop", "orders-api"))
    run("publish")
    provider.broken = True
    broker.faults = [Fault("POST /pacts/provider/orders-api/consumer", status=403)]
    done = run("verify-broker")
    assert (done.code, "1 of 1 failed" in done.err) == (1, True)
    assert "Publishing of verification results failed" in done.err


def test_the_stub_is_what_is_verified_by_default(workspace: Workspace, broker: BrokerDouble) -> None:
    """Without --provider-url our own stub is started, and the committed pacts pass as in `make verify`."""
    pacts = [json.loads(path.read_text()) for path in (ROOT / "pacts").glob("*.json")]
    smallest = min(pacts, key=lambda content: len(content["interactions"]))
    workspace.commit(smallest)
    url = {"PACT_BROKER_BASE_URL": broker.url}
    assert workspace.run("publish", **url).code == 0
    done = workspace.run("verify-broker", **url)
    assert done.code == 0, done.text
    assert done.out.count("passed: ") == len(smallest["interactions"])


def shape(method: str, path: str, body: Any) -> tuple[str, str, tuple[str, ...]]:
    """A request without its names and ids: method, route and the fields of its body."""
    bare = path.partition("?")[0].rstrip("/")
    route = next(pattern for verb, pattern, _ in ROUTES if verb == method and re.fullmatch(pattern, bare))
    return method, route, tuple(sorted(body or {}))


def test_the_clients_ask_as_they_asked_the_recorded_broker(
    run: Run, workspace: Workspace, broker: BrokerDouble
) -> None:
    """A client that starts to ask something else is noticed: then new exchanges must be recorded."""
    workspace.commit(pact("web-shop", "orders-api"))
    broker.held.environments["production"] = {
        "uuid": "6c4d898d-6c4d-4141-8bf2-b28a5f00d061",
        "name": "production",
    }
    page = {"OUTDIAL_BUILD_URL": "http://ci.example/1"}
    run("publish", **page)
    run("verify-broker", "--wip-since", "2020-01-01", **page)
    run("can-i-deploy")
    run("record-deployment", "--to", "production")
    asked = {shape(each.method, each.path, each.body) for each in broker.seen}
    recorded = {
        shape(each["request"]["method"], each["request"]["path"], each["request"]["body"]) for each in exchanges()
    }
    without_tags = {(method, route, tuple(name for name in body if name != "tags")) for method, route, body in recorded}
    assert asked <= recorded | without_tags
