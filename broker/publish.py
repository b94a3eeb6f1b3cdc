"""`make publish`: every pact in pacts/, each consumer under one version, the commit."""

import sys
from functools import partial

from broker.build import Build
from broker.client import Said, call, repeated
from broker.connection import Connection
from broker.faults import fault_in
from broker.outcome import BrokerError, ExitCode
from pact_files import Pact

REFUSED = ("Pact publication failed:", "failed validation - ")
"""How the client introduces the broker's reason for not accepting a pact."""


def publish(connection: Connection, build: Build, pacts: list[Pact]) -> None:
    """Publish `pacts`, one call each so that it is known which ones the broker has accepted.

    Repeating is safe: the broker accepts the same content for a version again and changes nothing.
    Raises: BrokerError that names what is published, what failed and what was not tried.
    """
    done: list[Pact] = []
    for pact in pacts:
        try:
            fresh = repeated(connection, partial(_publish_one, connection, build, pact))
        except BrokerError as error:
            left = [each for each in pacts if each not in done and each != pact]
            state = f"published before that: {_names(done)}; not tried: {_names(left)}"
            raise BrokerError(f"{error.cause}\n{state}", error.fix, code=error.exit_code) from error
        done.append(pact)
        said = "published" if fresh else "already there, no change"
        sys.stdout.write(f"{said}: {pact.consumer} {build.version} ({build.branch}) → {pact.provider}\n")


def _publish_one(connection: Connection, build: Build, pact: Pact) -> bool:
    """True when the broker did not hold this content for this version before."""
    doing = f"publishing {pact.path.name} as {pact.consumer} {build.version}"
    page = ("--build-url", build.url) if build.url else ()
    said = call(
        connection,
        doing,
        *(
            "publish",
            str(pact.path),
            "--consumer-app-version",
            build.version,
            "--branch",
            build.branch,
            *page,
        ),
    )
    if said.returncode != 0:
        raise _refusal(said, doing, pact, build) or fault_in(said.text, doing)
    for answer in said.documents():
        there = answer.get("_embedded", {})
        version, name = there.get("version", {}).get("number"), there.get("pacticipant", {}).get("name")
        if (name, version) == (pact.consumer, build.version):
            notices = " ".join(notice.get("text", "") for notice in answer.get("notices", []))
            return "no content changes" not in notices
    # a client that ends well after a redirect to some page has published nothing
    raise fault_in("is not a Pact Broker", doing)


def _refusal(said: Said, doing: str, pact: Pact, build: Build) -> BrokerError | None:
    """The broker's 409, explained; None when this is another failure."""
    if "Cannot change the content of the pact" in said.text:
        return BrokerError(
            f"{doing}: refused (409): this version is already published with other content",
            "a version names one content for ever. If the pact changed, commit it: the new commit is the new "
            "version. If it should not have changed, look at `git diff` of pacts/ and run `make pact`. The "
            f"published one: {connection_page(pact, build)}",
            code=ExitCode.NO,
        )
    if "very similar to the following existing pacticipants" in said.text:
        similar = ", ".join(line[2:].strip() for line in said.text.splitlines() if line.startswith("* "))
        return BrokerError(
            f"{doing}: refused (409): {pact.consumer} or {pact.provider} is new and looks like {similar}",
            "correct the name where the pact is made; if it really is another pacticipant, create it first: "
            "`pact broker create-or-update-pacticipant --name NAME`",
            code=ExitCode.NO,
        )
    for introduced in REFUSED:
        if introduced in said.text:
            reason = said.text.partition(introduced)[2].strip().splitlines()[:1]
            return BrokerError(
                f"{doing}: the broker refuses it: {''.join(reason)}",
                "correct what the broker names and publish again",
                code=ExitCode.NO,
            )
    return None


def connection_page(pact: Pact, build: Build) -> str:
    return f"pacts/provider/{pact.provider}/consumer/{pact.consumer}/version/{build.version} at the broker"


def _names(pacts: list[Pact]) -> str:
    return ", ".join(f"{pact.consumer} → {pact.provider}" for pact in pacts) or "none"
