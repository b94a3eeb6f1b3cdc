"""Publish every pact under the version of its commit, with the official client."""

from collections.abc import Sequence
from typing import Any

from outdial.broker.client import call, say
from outdial.broker.errors import BrokerError, fault_in
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS
from outdial.pact_files import Pact


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
        raise fault_in(output.text, doing)
    for answer in output.documents():
        there: dict[str, Any] = answer.get("_embedded", {})
        version, name = there.get("version", {}).get("number"), there.get("pacticipant", {}).get("name")
        if (name, version) == (pact.consumer, build.version):
            notices = answer.get("notices", [])
            return [(notice.get("type"), " ".join(notice.get("text", "").split())) for notice in notices]
    # after a redirect to some page the client ends well and has published nothing
    raise fault_in("is not a Pact Broker", doing)


def _names(pacts: Sequence[Pact]) -> str:
    return ", ".join(f"{pact.consumer} → {pact.provider}" for pact in pacts) or "none"
