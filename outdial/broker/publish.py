"""Publish every pact under the version of its commit, with the official client."""

from collections.abc import Sequence
from typing import Any

from outdial.broker.client import ClientOutput, call, say
from outdial.broker.errors import NO, BrokerError, fault_in
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS
from outdial.pact_files import Pact

REFUSED = ("Pact publication failed:", "failed validation - ")  # the client's words before the broker's reason


def publish(setting: Setting, tags: Sequence[str] = (), main_branch: str | None = None) -> int:
    """Publish with one call for each pact, so that an error can name the published ones. Raises: BrokerError.

    A repetition is safe: the broker accepts the same content for a version again.
    """
    pacts, address = setting.pacts, setting.broker.link("self")
    if setting.dry_run:
        for pact in pacts:
            say(f"would publish: {pact.consumer} {setting.build} → {pact.provider} at {address}")
        return HOLDS
    for at, pact in enumerate(pacts):
        try:
            notices = _publish(setting, tags, pact)
        except BrokerError as error:
            state = f"published before that: {_names(pacts[:at])}; not tried: {_names(pacts[at + 1 :])}"
            raise error.after(state) from error
        fresh = not any("no content changes" in text for _, text in notices)
        done = "published" if fresh else "already there, no change"
        say(f"{done}: {pact.consumer} {setting.build} → {pact.provider}")
        for kind, text in notices:
            if kind not in ("prompt", "success"):  # the advice for beginners
                say(f"  {text}")
    for name in [*setting.consumers, *setting.providers] if main_branch else []:
        words = ["create-or-update-pacticipant", "--name", name, "--main-branch", str(main_branch)]
        if (output := call(setting.connection, f"describing {name}", *words)).returncode != 0:
            raise fault_in(output.text, f"describing {name}")
    return HOLDS


def _publish(setting: Setting, tags: Sequence[str], pact: Pact) -> list[tuple[str, str]]:
    """Publish one pact; return the broker's notices as (type, text)."""
    build = setting.build
    doing = f"publishing {pact.path.name} as {pact.consumer} {build.version}"
    words = ["--consumer-app-version", build.version]
    given = [("--branch", build.branch), ("--build-url", build.url), *(("--tag", tag) for tag in [*tags, build.tag])]
    words += [word for name, value in given if value for word in (name, value)]
    output = call(setting.connection, doing, "publish", str(pact.path), *words)
    if output.returncode != 0:
        raise _refusal(output, doing, setting, pact) or fault_in(output.text, doing)
    for answer in output.documents():
        there: dict[str, Any] = answer.get("_embedded", {})
        version, name = there.get("version", {}).get("number"), there.get("pacticipant", {}).get("name")
        if (name, version) == (pact.consumer, build.version):
            notices = answer.get("notices", [])
            return [(notice.get("type"), " ".join(notice.get("text", "").split())) for notice in notices]
    # after a redirect to some page the client ends well and has published nothing
    raise fault_in("is not a Pact Broker", doing)


def _refusal(output: ClientOutput, doing: str, setting: Setting, pact: Pact) -> BrokerError | None:
    """Return the error for the broker's 409, None for another failure."""
    if "Cannot change the content of the pact" in output.text:
        cause = "refused (409): this version is already published with other content"
        fix = (
            "a version names one content for ever. If the pact changed, commit it: the new commit is the new version. "
            "If it should not have changed, look at `git diff` of pacts/ and generate them anew. The published one: "
            f"{setting.connection.url}/pacts/provider/{pact.provider}/consumer/{pact.consumer}"
            f"/version/{setting.build.version}"
        )
    elif "very similar to the following existing pacticipants" in output.text:
        similar = ", ".join(line[2:].strip() for line in output.text.splitlines() if line.startswith("* "))
        cause = f"refused (409): {pact.consumer} or {pact.provider} is new and looks like {similar}"
        fix = (
            "correct the name where the pact is made; if it really is another pacticipant, create it first, once: "
            "`pact broker create-or-update-pacticipant --name NAME`"
        )
    elif introduced := next((words for words in REFUSED if words in output.text), None):
        cause = f"the broker refuses it: {''.join(output.text.partition(introduced)[2].strip().splitlines()[:1])}"
        fix = "correct what the broker names and publish again"
    else:
        return None
    return BrokerError(f"{doing}: {cause}", fix, NO)


def _names(pacts: Sequence[Pact]) -> str:
    return ", ".join(f"{pact.consumer} → {pact.provider}" for pact in pacts) or "none"
