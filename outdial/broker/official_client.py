"""Publish, ask, and record with the official client, `pact broker …`.

Credentials reach the client by its environment; its output is masked and its time limited.
"""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from outdial.broker.errors import AGAIN, NO, BrokerError, fault_in
from outdial.broker.setting import Setting
from outdial.exit_codes import HOLDS
from outdial.pact_files import Pact

Json = dict[str, Any]
PACT = Path(sys.executable).with_name("pact")  # of pact-python-cli, installed beside this interpreter
LOOK_FIRST = (
    "see on the pacticipant's page at the broker whether it is recorded, and run this again only if it is not and "
    "nothing else was recorded meanwhile"
)


def call(
    setting: Setting, doing: str, *words: str, repeat: bool = True, again: str = AGAIN, waiting: float = 0
) -> list[Json]:
    """Run `pact broker <words>` and return the JSON objects that it prints. `doing` names the step in errors.

    The client repeats a request after a passing fault, unless `repeat` is False. It gets the seconds of the connection
    and of `waiting`. Raises: BrokerError, with the advice `again` on repeating the command.
    """
    connection = setting.connection
    attempts = 1 + connection.retries if repeat else 0  # the client's --retries counts attempts
    command = [str(PACT), "broker", *words, "--output", "json", "--retries", str(attempts)]
    try:
        done = subprocess.run(
            command, env=connection.client_environment(os.environ), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=connection.seconds + waiting, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise fault_in("no answer within", doing, again) from error
    except FileNotFoundError as error:
        raise BrokerError(f"{doing}: {PACT} is missing", "run `make setup`") from error
    text = connection.mask(f"{done.stdout}\n{done.stderr}")
    if done.returncode != 0:
        raise fault_in(text, doing, again)
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
    return found


def publish(setting: Setting, tags: Sequence[str] = (), main_branch: str | None = None) -> int:
    """Publish each pact under the version of its commit, one call for each. Raises: BrokerError that names the others.

    A repetition is safe: the broker accepts the same content for a version again.
    """
    pacts, address = setting.pacts, setting.broker.link("self")
    names = [f"{pact.consumer} → {pact.provider}" for pact in pacts]
    for at, pact in enumerate(pacts):
        named = f"{pact.consumer} {setting.build} → {pact.provider}"
        if setting.dry_run:
            print(f"would publish: {named} at {address}")
            continue
        try:
            notices = _publish(setting, tags, pact)
        except BrokerError as error:
            before, after = ", ".join(names[:at]) or "none", ", ".join(names[at + 1 :]) or "none"
            raise error.after(f"published before that: {before}; not tried: {after}") from error
        fresh = not any("no content changes" in text for _, text in notices)
        print(f"{'published' if fresh else 'already there, no change'}: {named}")
        for kind, text in notices:
            if kind not in ("prompt", "success"):  # the advice for beginners
                print(f"  {text}")
    if main_branch and not setting.dry_run:
        for name in [*setting.consumers, *setting.providers]:
            words = ["create-or-update-pacticipant", "--name", name, "--main-branch", main_branch]
            call(setting, f"describing {name}", *words)
    return HOLDS


def _publish(setting: Setting, tags: Sequence[str], pact: Pact) -> list[tuple[str, str]]:
    """Publish one pact; return the broker's notices as (type, text)."""
    build = setting.build
    doing = f"publishing {pact.path.name} as {pact.consumer} {build.version}"
    words = ["--consumer-app-version", build.version]
    given = [("--branch", build.branch), ("--build-url", build.url), *(("--tag", tag) for tag in [*tags, build.tag])]
    words += [word for name, value in given if value for word in (name, value)]
    for answer in call(setting, doing, "publish", str(pact.path), *words):
        there: Json = answer.get("_embedded", {})
        version, name = there.get("version", {}).get("number"), there.get("pacticipant", {}).get("name")
        if (name, version) == (pact.consumer, build.version):
            notices = answer.get("notices", [])
            return [(notice.get("type"), " ".join(notice.get("text", "").split())) for notice in notices]
    # after a redirect to some page the client ends well and has published nothing
    raise fault_in("is not a Pact Broker", doing)


def create_environment(setting: Setting, name: str, production: bool = False) -> int:
    """Create the environment, unless it exists. Raises: BrokerError."""
    doing = f"creating environment {name}"
    existing = setting.broker.request("GET", setting.broker.link("pb:environments"), doing)
    if any(each["name"] == name for each in existing["_embedded"]["environments"]):
        print(f"already there: environment {name}")
    elif setting.dry_run:
        print(f"would be created: environment {name}")
    else:
        call(setting, doing, "create-environment", "--name", name, *(["--production"] if production else []))
        print(f"created: environment {name}")
    return HOLDS


def record(setting: Setting, names: Sequence[str], options: Namespace) -> int:
    """Record a deployment, a release or an end of each pacticipant with the client's command of the same name.

    No request is repeated: another deployment may be recorded meanwhile, and a repetition would replace it.
    Raises: BrokerError that names the pacticipants recorded before.
    """
    setting.broker.link("self")
    command, to, instance = options.command, options.to, options.application_instance
    done: list[str] = []
    for name in names:
        version = setting.version_of(name)
        doing = f"{command} of {name} {version} in {to}"
        words = [command, "--pacticipant", name, "--environment", to]
        words += ["--version", version] if command != "record-undeployment" else []
        words += ["--application-instance", instance] if instance else []
        if setting.dry_run:
            print(f"would be: {doing}")
            continue
        try:
            call(setting, doing, *words, repeat=False, again=LOOK_FIRST)
        except BrokerError as error:
            raise error.after(f"recorded before that: {', '.join(done) or 'none'}") from error
        done.append(name)
        print(doing)
    return HOLDS


def can_i_deploy(setting: Setting, names: Sequence[str], options: Namespace) -> int:
    """Ask about each pacticipant, or without any option about both sides of each pact; only a yes to all passes.

    An unknown result is asked for again. Raises: BrokerError when a question cannot be asked.
    """
    setting.broker.link("self")
    to, times, interval = options.to, options.retry_while_unknown, options.retry_interval
    named = to or options.pacticipant or options.providers
    questions = [[name] for name in names] if named else [[pact.consumer, pact.provider] for pact in setting.pacts]
    answers = []
    for together in questions:
        pairs = [(name, setting.version_of(name)) for name in together]
        what = " with ".join(f"{name} {version}" for name, version in pairs)
        question = f"can-i-deploy {what}" + (f" to {to}" if to else "")
        words = [word for name, version in pairs for word in ("--pacticipant", name, "--version", version)]
        words += ["--to-environment", to] if to else []
        words += ["--retry-while-unknown", str(times), "--retry-interval", str(interval)] if times else []
        found = call(setting, question, "can-i-deploy", *words, waiting=times * interval)  # exits with 0 for a no
        answer = next((each for each in found if isinstance(each.get("summary"), dict)), None)
        if answer is None:
            raise fault_in("is not a Pact Broker", question)
        answers.append((question, answer))
    for question, answer in answers:
        print(json.dumps(answer) if options.output == "json" else _text(question, answer))
    passed = all(answer["summary"].get("deployable") is True for _, answer in answers)
    if setting.dry_run and not passed:
        print("dry run: the answer does not count")
    return HOLDS if passed or setting.dry_run else NO


def _text(question: str, answer: Json) -> str:
    """Return a yes in one line, otherwise also the rows that block and the broker's reasons."""
    deployable = answer["summary"].get("deployable")
    verdict = {True: "yes", False: "no"}.get(deployable, "unknown, so no")
    reasons = [f"  {line}" for line in str(answer["summary"].get("reason", "")).splitlines()]
    rows = [_row(row) for row in answer.get("matrix") or [] if deployable is True or not _success(row)]
    return "\n".join([f"{question}: {verdict}", *rows, *reasons])


def _success(row: Json) -> bool | None:
    success: bool | None = (row.get("verificationResult") or {}).get("success")
    return success


def _row(row: Json) -> str:
    """Return both sides, the result, and the page of the result, or of the pact without a result."""
    result = {True: "passed", False: "FAILED", None: "not verified"}[_success(row)]
    page = (row.get("verificationResult") or row.get("pact") or {}).get("_links", {}).get("self", {}).get("href", "")
    sides = [
        f"{(side or {}).get('name', '?')} {((side or {}).get('version') or {}).get('number', 'no version')}"
        for side in (row.get("consumer"), row.get("provider"))
    ]
    return f"  {' → '.join(sides)}  {result}  {page}"
