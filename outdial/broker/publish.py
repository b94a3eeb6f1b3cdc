"""Publish pacts, each consumer under one version, the commit."""

from collections.abc import Sequence
from typing import Any

from outdial.broker.build import Build
from outdial.broker.client import ClientOutput, call, require
from outdial.broker.connection import Connection
from outdial.broker.console import say
from outdial.broker.faults import fault_in
from outdial.broker.outcome import BrokerError, ExitCode
from outdial.pact_files import Pact

REFUSED = ("Pact publication failed:", "failed validation - ")
"""How the client introduces the broker's reason for not accepting a pact."""


def publish(connection: Connection, build: Build, tags: Sequence[str], pacts: list[Pact]) -> None:
    """Publish `pacts`, one call each so that it is known which ones the broker has accepted.

    Repeating is safe: the broker accepts the same content for a version again and changes nothing.
    Raises: BrokerError that names what is published, what failed and what was not tried.
    """
    for at, pact in enumerate(pacts):
        try:
            answer = _publish_one(connection, build, tags, pact)
        except BrokerError as error:
            state = f"published before that: {_names(pacts[:at])}; not tried: {_names(pacts[at + 1 :])}"
            raise error.after(state) from error
        notices = [(notice.get("type"), " ".join(notice.get("text", "").split())) for notice in answer["notices"]]
        fresh = not any("no content changes" in text for _, text in notices)
        say(f"{'published' if fresh else 'already there, no change'}: {pact.consumer} {build} → {pact.provider}")
        for kind, text in notices:
            if kind not in ("prompt", "success"):  # pages, changes, webhooks; not the advice for beginners
                say(f"  {text}")


def describe(connection: Connection, pacticipants: Sequence[str], **properties: str | None) -> None:
    """Create pacticipants, or tell the broker their `main_branch`, without which `mainBranch` selects nothing, or page.

    Raises: BrokerError.
    """
    words = [word for name, value in properties.items() if value for word in (f"--{name.replace('_', '-')}", value)]
    for name in pacticipants:
        require(connection, f"describing {name}", "create-or-update-pacticipant", "--name", name, *words)


def _publish_one(connection: Connection, build: Build, tags: Sequence[str], pact: Pact) -> dict[str, Any]:
    """What the broker answered."""
    doing = f"publishing {pact.path.name} as {pact.consumer} {build.version}"
    words = ["--consumer-app-version", build.version]
    for name, value in (("--branch", build.branch), ("--build-url", build.url), *(("--tag", tag) for tag in tags)):
        words += [name, value] if value else []
    said = call(connection, doing, "publish", str(pact.path), *words)
    if said.returncode != 0:
        raise _refusal(said, doing, connection, build, pact) or fault_in(said.text, doing)
    for answer in said.documents():
        there = answer.get("_embedded", {})
        version, name = there.get("version", {}).get("number"), there.get("pacticipant", {}).get("name")
        if (name, version) == (pact.consumer, build.version):
            return {"notices": [], **answer}
    # a client that ends well after a redirect to some page has published nothing
    raise fault_in("is not a Pact Broker", doing)


def _refusal(said: ClientOutput, doing: str, connection: Connection, build: Build, pact: Pact) -> BrokerError | None:
    """The broker's 409, explained; None when this is another failure."""
    if "Cannot change the content of the pact" in said.text:
        cause = "refused (409): this version is already published with other content"
        fix = (
            "a version names one content for ever. If the pact changed, commit it: the new commit is the new "
            "version. If it should not have changed, look at `git diff` of pacts/ and generate them anew. The "
            f"published one: {connection.url}/pacts/provider/{pact.provider}/consumer/{pact.consumer}"
            f"/version/{build.version}"
        )
    elif "very similar to the following existing pacticipants" in said.text:
        similar = ", ".join(line[2:].strip() for line in said.text.splitlines() if line.startswith("* "))
        cause = f"refused (409): {pact.consumer} or {pact.provider} is new and looks like {similar}"
        fix = (
            "correct the name where the pact is made; if it really is another pacticipant, create it first, once: "
            "`outdial broker publish --create NAME`"
        )
    elif introduced := next((words for words in REFUSED if words in said.text), None):
        cause = f"the broker refuses it: {''.join(said.text.partition(introduced)[2].strip().splitlines()[:1])}"
        fix = "correct what the broker names and publish again"
    else:
        return None
    return BrokerError(f"{doing}: {cause}", fix, exit_code=ExitCode.NO)


def _names(pacts: list[Pact]) -> str:
    return ", ".join(f"{pact.consumer} → {pact.provider}" for pact in pacts) or "none"
