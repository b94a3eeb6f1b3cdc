"""Publish, verify, record, gate, with the real `pact broker` binary and Pact's real verifier."""

import re

import pytest

from tests.broker.conftest import Run
from tests.broker.doubles import EXCHANGES, JOURNEY, Broker, Fault, Provider, pact
from tests.broker.workspace import Workspace

VERIFIED = ("verify-plain-publish", "verify-pact-url")
HERE = {"1.0.0": "1.0.1", "2.0.0": "1.0.1", "p5": "p1"}
"""The recorded publication is of 1.0.0, the recorded results are of 1.0.1."""


@pytest.fixture
def published(run: Run, workspace: Workspace, broker: Broker) -> Broker:
    """The broker holds one pact of version 1.0.1, and offers it to orders-api p1."""
    workspace.commit(pact())
    broker.serve("publish-v1", *VERIFIED, **HERE)
    assert run("publish").code == 0
    return broker


def results(broker: Broker) -> list[tuple[str, bool]]:
    """Provider version and success of every recorded result."""
    bodies = [each.body for each in broker.accepted("verification-results")]
    return [(body["providerApplicationVersion"], body["success"]) for body in bodies]


def test_publishing_shows_the_pages_and_webhooks_of_the_broker(run: Run, workspace: Workspace, broker: Broker) -> None:
    """The pact's page and which webhooks it triggered; not the advice for beginners."""
    workspace.commit(pact())
    broker.serve("publish-v4-triggers-webhook", **{"4.0.0": "1.0.1"})
    done = run("publish", "--tag", "dev")
    assert done.code == 0, done.text
    assert f"{broker.url}/pacts/provider/orders-api/consumer/web-shop/version/1.0.1" in done.out
    assert 'Webhook "d" triggered for event contract_requiring_verification_published' in done.out
    assert "Next steps" not in done.out
    [sent] = [each.body for each in broker.accepted("POST")]
    assert (sent["branch"], sent["tags"]) == ("main", ["dev"])


def test_publishing_again_changes_nothing_and_sets_the_main_branch(run: Run, published: Broker) -> None:
    """The same content for the same version is accepted. Without a main branch `mainBranch` selects nothing."""
    published.serve("publish-v1-again", "create-or-update-pacticipant", **HERE)
    published.serve("create-or-update-pacticipant", **{"web-shop": "orders-api"})
    again = run("publish", "--auto-detect-version-properties", "--main-branch", "trunk")
    assert (again.code, again.out.count("already there, no change: ")) == (0, 1)
    described = {each.what: each.body["mainBranch"] for each in published.accepted("PATCH")}
    assert described == dict.fromkeys(["PATCH /pacticipants/web-shop", "PATCH /pacticipants/orders-api"], "trunk")


def test_other_content_of_a_published_version_is_refused(run: Run, workspace: Workspace, published: Broker) -> None:
    """First by us, as uncommitted, as is a new pact; and where that check is waived, by the broker."""
    (workspace.folder / "README").write_text("a new file of another kind does not matter")
    assert run("publish").code == 0
    new = workspace.write_pact(pact("new"))
    assert run("publish").code == 4
    new.unlink()
    path = workspace.folder / "pacts" / "web-shop-orders-api.json"
    path.write_bytes(path.read_bytes().replace(b"an order", b"an Order", 1))
    dirty = run("publish")
    assert (dirty.code, "pacts/web-shop-orders-api.json" in dirty.err) == (4, True)
    published.serve("publish-v1-conflict", **HERE)
    refused = run("publish", OUTDIAL_ALLOW_DIRTY="1")
    assert (refused.code, "already published with other content" in refused.err) == (1, True)
    assert "the new commit is the new version" in refused.err


def test_a_request_is_repeated_after_a_passing_fault(run: Run, workspace: Workspace, broker: Broker) -> None:
    """PACT_BROKER_HTTP_RETRIES repetitions, here one; recording a deployment has none."""
    workspace.commit(pact())
    broker.serve("publish-v1", *VERIFIED, "can-i-deploy-yes", "record-deployment-consumer", **HERE)
    steps = {
        "publish": ("POST /contracts", 0),
        "verify": ("POST /pacts/provider/orders-api/for", 0),
        "can-i-deploy": ("GET /matrix", 0),
        "record-deployment": ("POST /pacticipants", 2),
    }
    for command, (at, code) in steps.items():
        broker.faults = [Fault(at, 503, {"retry-after": "1"}, times=1)]
        done = run(command, *(("--to", "production") if code or command == "can-i-deploy" else ()))
        assert done.code == code, done.text
        assert broker.faults[0].times == 0


def test_a_dry_run_records_nothing(run: Run, published: Broker) -> None:
    """Each command says what it would do; verification is played all the same."""
    before = published.held()
    commands = (("publish",), ("verify",), ("record-deployment", "--to", "production"))
    said = [run(*words, "--dry-run") for words in commands]
    assert [each.code for each in said] == [0, 0, 0]
    assert all("would" in each.out or "dry run" in each.out for each in said)
    assert published.held() == before


def test_verifying_names_pact_version_and_selection_and_records_where(run: Run, published: Broker) -> None:
    """One line for each pact, the result's page, the totals; all asked with fields that real clients send."""
    done = run("verify", "--build-url", "https://ci.example/1")
    assert done.code == 0, done.text
    [line] = re.findall(r"web-shop 1\.0\.1 → orders-api p1: 1 of 1 hold \((.*)\)", done.out)
    assert line == "latest from main branch, version 1.0.1"
    assert re.search(rf"recorded: {published.url}/pacts/provider/orders-api/.*/verification-results/\d+", done.out)
    assert "1 pacts, 1 interactions: 1 hold, 0 do not" in done.out
    assert results(published) == [("p1", True)]
    assert published.accepted("/branches/main/versions/p1")
    for ours in [each for each in published.seen if each.body and "/contracts/" not in each.what]:
        kind = "for-verification" if "for-verification" in ours.what else "verification-results"
        recorded = [each["request"]["body"] for each in EXCHANGES if each["request"]["path"].endswith(kind)]
        assert any(set(ours.body) <= set(body) for body in recorded if isinstance(body, dict)), ours


def test_what_does_not_hold_stands_last_and_is_recorded(run: Run, published: Broker, provider: Provider) -> None:
    """The failing interaction with its key and reason; red at the broker, key included."""
    provider.broken = True
    done = run("verify")
    assert done.code == 1
    assert done.out.index("FAILED web-shop/get-order (an order)") > done.out.index("0 of 1 hold")
    assert "expected 200 but was 404" in done.out
    assert results(published) == [("p1", False)]
    [sent] = [each.body for each in published.accepted("verification-results")]
    assert "[web-shop/get-order]" in sent["testResults"][0]["mismatches"][0]["description"]
    assert sent["testResults"][0]["interactionId"] == "0" * 40
    published.faults = [Fault("POST /pacts/provider/orders-api/consumer", status=403)]
    lost = run("verify")
    assert (lost.code, "1 do not" in lost.out, "holds the results of 0 of 1 pacts" in lost.err) == (1, True, True)


def test_a_provider_that_does_not_answer_records_nothing(run: Run, published: Broker, provider: Provider) -> None:
    """It says nothing about the pacts. The limit is of each answer, also of the state URL, or of all."""
    nobody = "http://127.0.0.1:1"
    for url, states in ((nobody, nobody), (published.url, nobody)):
        done = run("verify", "--provider-url", url, "--state-url", states)
        assert (done.code, f"{nobody} does not answer" in done.err) == (2, True), done.text
    provider.delay = 2
    for limit in ("--timeout", "--deadline"):
        short = run("verify", limit, "1")
        assert (short.code, f"within 1 s ({limit})" in short.text) == (2, True), short.text
    assert results(published) == []
    assert run("verify", "--timeout", "20").code == 0


def test_of_two_commits_in_flight_the_older_one_is_verified_too(run: Run, published: Broker) -> None:
    """The selectors find the newer version only; this commit's own pact is verified as well."""
    published.serve("verify-no-pacts-selector")
    done = run("verify")
    assert (done.code, "1 of 1 hold (version 1.0.1)" in done.out) == (0, True)
    assert results(published) == [("p1", True)]


def test_one_pact_is_verified_by_its_url_or_consumer_version(run: Run, published: Broker) -> None:
    """As a webhook hands it over; the broker is not asked what else there is, and nobody else is asked at all."""
    url = f"{published.url}/pacts/provider/orders-api/consumer/web-shop/version/1.0.1"
    for words in (("--pact-url", url), ("--consumer-version", "1.0.1")):
        published.seen.clear()
        assert run("verify", *words).code == 0
        assert results(published) == [("p1", True)]
        assert not any("for-verification" in each.what for each in published.seen)
    done = run("verify", "--pact-url", "http://127.0.0.1:1/pacts/x")
    assert (done.code, "is not the broker in PACT_BROKER_BASE_URL" in done.err) == (2, True)


def test_a_version_without_a_pact_at_the_broker_is_not_green(run: Run, workspace: Workspace, broker: Broker) -> None:
    """Nothing to verify fails, and says to publish."""
    workspace.commit(pact())
    broker.serve("raw-get-pact-version-404", **{"p": "orders-api", "c": "web-shop", "version/404": "version/9"})
    nothing = run("verify", "--consumer-version", "9")
    assert (nothing.code, "`outdial broker publish`" in nothing.err) == (5, True)


def test_pending_pacts_do_not_break_the_provider(run: Run, published: Broker, provider: Provider) -> None:
    """They are played, counted and recorded red; only what is not pending fails, and nothing passed is never green."""
    published.serve("verify-selectors-pending-wip", "verify-pact-url", p2="p1", p5="p1")
    for what in [each for each in published.answers if each.endswith("/metadata/dz10cnVl")]:
        published.contents[what] = pact(status=299)
    done = run("verify", "--wip-since", "2020-01-01")
    assert done.code == 0, done.text
    assert "(latest with tag dev, work in progress; pending: may fail)" in done.out
    assert "3 pacts, 3 interactions: 1 hold, 2 do not, 2 of them in pending pacts" in done.out
    assert sorted(results(published)) == [("p1", False), ("p1", False), ("p1", True)]
    provider.broken = True
    assert run("verify", "--wip-since", "2020-01-01").code == 1


@pytest.mark.parametrize(
    ("label", "code", "verdict", "row"),
    [
        ("can-i-deploy-yes", 0, ": yes", r"passed +http.*/verification-results/\d+"),
        ("can-i-deploy-unverified", 1, ": unknown, so no", r"orders-api +no version +not verified +http.*/version/1"),
        ("can-i-deploy-failed2", 1, ": no\n", r"orders-api +p3 +FAILED +http.*/verification-results/\d+"),
    ],
)
def test_the_gate_passes_on_a_clear_yes_only(
    run: Run, workspace: Workspace, broker: Broker, label: str, code: int, verdict: str, row: str
) -> None:
    """Unknown and no are both no, with the rows that block; the client itself exits with 0 for JSON and dry runs."""
    workspace.commit(pact())
    broker.serve(label, **HERE)
    asked = ("can-i-deploy", "--to", "production")
    done = run(*asked)
    assert (done.code, verdict in done.out) == (code, True), done.text
    assert re.search(row, done.out)
    overruled = {"PACT_BROKER_CAN_I_DEPLOY_DRY_RUN": "true"}
    assert run(*asked, "--output", "json", **overruled).code == code
    assert run(*asked, "--dry-run").code == 0


def test_the_gate_waits_while_the_answer_is_unknown(run: Run, workspace: Workspace, broker: Broker) -> None:
    """It asks again until the result is there, as often as it was told."""
    workspace.commit(pact())
    broker.serve("can-i-deploy-unverified", "can-i-deploy-yes", **HERE)
    waiting = ("--retry-while-unknown", "2", "--retry-interval", "1")
    assert run("can-i-deploy", "--to", "production", *waiting).code == 0
    assert len(broker.accepted("/matrix")) == 2


def test_deployments_releases_and_ends_are_recorded(run: Run, workspace: Workspace, broker: Broker) -> None:
    """Consumers by default at their version, providers when asked at theirs; the environment must be there."""
    workspace.commit(pact())
    recorded = {
        ("record-deployment", "--to", "production"): "record-deployment-consumer",
        ("record-deployment", "--to", "production", "--providers"): "record-deployment-provider",
        ("record-release", "--to", "staging"): "record-release",
        ("record-undeployment", "--to", "production", "--application-instance", "eu"): "record-undeployment",
    }
    for words, label in recorded.items():
        broker.serve(label)
        done = run(*words)
        assert done.code == 0, done.text
    writes = [each.what for each in broker.seen if not each.what.startswith("GET")]
    assert [what.split("/")[1] for what in writes] == ["pacticipants"] * 3 + ["deployed-versions"]
    broker.serve("record-deployment-unknown-env")
    unknown = run("record-deployment", "--to", "mars")
    assert (unknown.code, "`outdial broker create-environment --name NAME" in unknown.err) == (4, True)
    broker.serve("list-environments", "create-environment-production")
    broker.faults = [Fault("POST /environments", status=403)]
    create = run("create-environment", "--name", "production", "--production")
    assert (create.code, "created" in create.out, "creating environment production" in create.err) == (2, False, True)


def test_the_documented_commands_of_the_official_client_work(workspace: Workspace, broker: Broker) -> None:
    """With `pact broker` replaced by `outdial broker`; address and token are options, and the token is not printed."""
    token = "hush-77aa"
    workspace.commit(pact())
    broker.accepts = f"Bearer {token}"
    broker.serve_pact("web-shop", "orders-api", "v1", "v1", *JOURNEY)
    where = ["--broker-base-url", broker.url, "--broker-token", token]
    short = ["-b", broker.url, "-k", token]
    commands = [
        ["publish", "./pacts", "--consumer-app-version", "v1", "--branch", "main", *where],
        ["publish", "pacts/web-shop-orders-api.json", "-a", "v1", "--branch", "main", *short],
        ["record-deployment", "--pacticipant", "web-shop", "--version", "v1", "--environment", "production", *where],
        ["can-i-deploy", "--pacticipant", "web-shop", "--version", "v1", "--to-environment", "production", *where],
        ["can-i-deploy", "-a", "web-shop", "-e", "v1", "--to-environment", "production", "-o", "table", *short],
    ]
    for command in commands:
        done = workspace.run("broker", *command)
        assert done.code == 0, f"{command}: {done.text}"
        assert token not in done.text
