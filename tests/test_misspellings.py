"""Misspellings over all keys of the files that people write: refused when read, at their line, with the fix.

One tuple each. The line is that of the misspelling; `said` is what tells the valid value or the form to write.
"""

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import DocumentError
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.reports.claims.claim import CLAIMS, load_claims
from outdial.reports.reasons import check_reasons
from outdial.tables import TABLES, load_suite
from outdial.tables.report import REPORTS, load_reports
from provider_states import load_policies
from tests.conftest import Run
from tests.table_files import copy_tables, edit

CALL = "genesys-cloud.yaml"
REPORT, VENDOR, POLICY = "001.yaml", "genesys-cloud.yaml", "genesys-cloud.yaml"


@cache
def cases() -> list[str]:
    """Every row of the committed tables."""
    return [scenario.case_id for scenario in load_suite()]


def read_tables(folder: Path) -> None:
    """Tables with all that they name: states, the consumer's code, rules, and what the vendor publishes."""
    suite = load_suite(folder, CLIENTS)
    check_reasons(load_policies(), suite)


Row = tuple[str, str, str, str]
TABLE_ROWS: list[Row] = [
    (CALL, "client: GenesysCloud", "client: GenesysClod", "did you mean 'GenesysCloud'?"),
    (CALL, "consumer: outdial", "consumr: outdial", "did you mean 'consumer'?"),
    (CALL, "\n  get_call:", "\n  get_cal:", "did you mean 'get_call'?"),
    (CALL, "shape:  ", "shap:  ", "did you mean 'shape'?"),
    (CALL, "    call: {conversation_id", "    call: {conversatoin_id", "did you mean 'conversation_id'?"),
    (CALL, 'call: {request: "${body}"}', 'call: {request: "${boddy}"}', "did you mean 'body'?"),
    (CALL, "body: {phoneNumber: ", "body: {phoneNumbr: ", "did you mean 'phoneNumber'?"),
    (CALL, "    request: GET", "    request: GTE", "does not have the form"),
    (CALL, "Bearer ${accessToken}", "Bearer ${acessToken}", "did you mean 'accessToken'?"),
    (CALL, "body: {id: {like: ", "body: {id: {liek: ", "did you mean 'like'?"),
    (CALL, "      status: 200", "      status: 2oo", "expects a whole number"),
    (CALL, "returns: {id: 7b", "returns: {idd: 7b", "did you mean 'id'?"),
    (CALL, "raises: {missing: [conversations]}", "raises: {mising: [conversations]}", "did you mean 'missing'?"),
    (CALL, "error: ScopeMissing", "error: ScopeMising", "did you mean 'ScopeMissing'?"),
    (CALL, "error: ScopeMissing", "eror: ScopeMissing", "did you mean 'error'?"),
    (CALL, "rule: rate-limit}", "rule: rate-limt}", "did you mean 'rate-limit'?"),
    (CALL, "rule: rate-limit}", "rul: rate-limit}", "did you mean 'rule'?"),
    (CALL, "scopes: [conversations], user", 'scopes: ["conversations:read"], user', "did you mean"),
    (CALL, "grant: client_credentials,", "grant: client_credential,", "did you mean 'client_credentials'?"),
    (CALL, "{matches: '^\\d+$', example", "{matches: '^(', example", "is no regular expression"),
    (CALL, 'example: "42"', "example: 42", "takes two texts"),
    (CALL, 'example: "42"', 'example: "4 2"', "does not match its own pattern"),
    (CALL, "title: a SIP address", "titel: a SIP address", "did you mean 'title'?"),
    ("genesys-cloud.owner-id.yaml", "monitor: false", "monitor: maybe", "expects true or false"),
]  # fmt: skip
READ_AS_SOMETHING_ELSE: list[Row] = [
    (CALL, "      status: 200", "      status: 2e2", "'2e2'"),
    (CALL, "{for: [get_call], title", "{on: [get_call], title", "unknown key 'on'"),
    (CALL, "    summary: what", "\t  summary: what", "a text that begins with it stands in quotes"),
]  # fmt: skip
REPORT_ROWS: list[Row] = [
    (REPORT, 'report: "001"', 'report: "0001"', "does not have the form"),
    (REPORT, "title: POST", "titel: POST", "did you mean 'title'?"),
    (REPORT, "requests:\n", "request:\n", "did you mean 'requests'?"),
    (REPORT, "    author: the asker", "    auther: the asker", "did you mean 'author'?"),
    (REPORT, "    request: POST", "    request: PSOT", "does not have the form ^(GET|POST"),
    (REPORT, "filled: {$.to:", "filled: {$.too:", "did you mean '$.to'?"),
    (REPORT, '$.to: "${agentId}"', '$.to: "${agntId}"', "did you mean 'agentId'?"),
    (REPORT, "    sent_in:\n", "    sentin:\n", "did you mean 'sent_in'?"),
    (REPORT, "genesys-cloud.scopes/place_call/as-asked", "genesys-cloud.scopes/place_call/as-askd", "did you mean 'genesys-cloud.scopes/place_call/as-asked'?"),
    (REPORT, "sent_in: [genesys-cloud.scopes/place_call]", "sent_in: [genesys-cloud.scops/place_call]", "did you mean 'genesys-cloud.scopes/place_call'?"),
    (REPORT, "    answered_in:", "    answerd_in:", "did you mean 'answered_in'?"),
    (REPORT, "      - genesys-cloud.impersonation/impersonate\n", "      - genesys-cloud.impersonation/imprsonate\n", "did you mean 'genesys-cloud.impersonation/impersonate'?"),
    (REPORT, "    status: 403", "    status: 43", "should be greater than or equal to 400, not 43"),
]  # fmt: skip
NAME_ROWS: list[Row] = [
    (VENDOR, "api: genesys-cloud", "api: genesys-clod", "is not the file's name, 'genesys-cloud'"),
    (VENDOR, "vendor: Genesys", "vender: Genesys", "did you mean 'vendor'?"),
    (VENDOR, "  header:\n", "  heeder:\n", "did you mean 'header'?"),
    (VENDOR, "    complete: true", "    complet: true", "did you mean 'complete'?"),
    (VENDOR, "    absent: [", "    absnt: [", "did you mean 'absent'?"),
    (
        VENDOR,
        "names: [Accept-Language, Idempotency-Key",
        "names: [Accept-Language, Accept-Language",
        "'Accept-Language' is already among the names",
    ),
    (VENDOR, "permissions: {any_of", "permisions: {any_of", "did you mean 'permissions'?"),
    (VENDOR, "refusal: ErrorBody", "refusal: ErorBody", "did you mean 'ErrorBody'?"),
    (VENDOR, "[bad.request, client", "[bad.reqest, client", "did you mean 'bad.request'?"),
]
CLAIM_ROWS: list[Row] = [
    ("claims.yaml", "  - id: manage-outbound-scope", "  - id: outbound-calls-path", "stands twice"),
    ("claims.yaml", "    quotes:", "    qoutes:", "did you mean 'quotes'?"),
    ("claims.yaml", "    expects: accepted", "    expects: acepted", "did you mean 'accepted'?"),
    ("claims.yaml", "    tried: genesys-cloud/place_call/reported-scopes", "    tried: genesys-cloud/place_call/reported-skopes", "did you mean 'genesys-cloud/place_call/reported-scopes'?"),
    ("claims.yaml", "    says: The token", "    say: The token", "did you mean 'says'?"),
    ("claims.yaml", "    kind: scope", "    kind: skope", "did you mean 'scope'?"),
    ("claims.yaml", "    name: agent.presence", "    name: agent.presense", "did you mean 'agent.presence'?"),
    ("claims.yaml", "personal-connection/start_call/no-scope", "personal-connection/start_call/no-skope", "did you mean 'nice-cxone.personal-connection/start_call/no-scope'?"),
    ("claims.yaml", "    instead: genesys-cloud/place_call_for_agent/accepted", "    instead: genesys-cloud/place_call_for_agent/acceptd", "did you mean 'genesys-cloud/place_call_for_agent/accepted'?"),
    ("claims.yaml", "    instead: ", "    insted: ", "did you mean 'instead'?"),
]  # fmt: skip
POLICY_ROWS: list[Row] = [
    (POLICY, "- bearer-token\n", "- baerer-token\n", "did you mean 'bearer-token'?"),
    (POLICY, "[conversations]", "[conversation:write]", "did you mean 'conversations'?"),
    (POLICY, "- callerIdName", "- callerIDName", "did you mean 'callerIdName'?"),
    (POLICY, "kind: body_size", "kind: bodysize", "did you mean 'body_size'?"),
]
SORTS: dict[str, tuple[Path, Callable[[Path], Any], list[Row]]] = {
    "tables": (TABLES, read_tables, [*TABLE_ROWS, *READ_AS_SOMETHING_ELSE]),
    "reports": (REPORTS, lambda folder: load_reports(folder, cases()), REPORT_ROWS),
    "definitions": (DEFINITIONS, load_definitions, NAME_ROWS),
    "claims": (
        CLAIMS.parent,
        lambda folder: load_claims(load_definitions(), cases(), folder / CLAIMS.name),
        CLAIM_ROWS,
    ),
    "policies": (POLICIES, load_policies, POLICY_ROWS),
}
"""For each sort of file: where the committed ones stand, what reads them, and the misspellings."""
MISSPELLINGS = [(sort, *row) for sort, (_, _, rows) in SORTS.items() for row in rows]


@pytest.mark.parametrize(("sort", "file", "old", "new", "said"), MISSPELLINGS)
def test_a_misspelling_is_refused_at_its_line_with_the_fix(
    tmp_path: Path, sort: str, file: str, old: str, new: str, said: str
) -> None:
    """A name that does not exist never passes for one that does, and never waits for a row to be played."""
    committed, read, _ = SORTS[sort]
    source = committed / file
    copy = tmp_path / file
    copy.parent.mkdir(exist_ok=True)
    for each in source.parent.glob("*.yaml") if sort == "tables" else [source]:
        shutil.copy(each, copy.parent)
    edit(copy, old, new)
    pairs = zip(source.read_text().splitlines(), copy.read_text().splitlines(), strict=False)
    line = next(at for at, (before, after) in enumerate(pairs, 1) if before != after)
    with pytest.raises(DocumentError) as refused:
        read(tmp_path)
    at_the_line = [problem for problem in refused.value.problems if problem.startswith(f"{copy}:{line}: ")]
    assert any(said in problem for problem in at_the_line), refused.value


@pytest.mark.parametrize("sort", SORTS)
def test_the_committed_files_are_read(sort: str) -> None:
    """What is committed names what exists."""
    committed, read, _ = SORTS[sort]
    read(committed)


def test_all_mistakes_of_all_files_are_told_at_once(run: Run, tmp_path: Path) -> None:
    """Nobody fixes files one run at a time, or reads a traceback: a line each, and the code of unusable files."""
    tables, policies = copy_tables(tmp_path), Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    edit(tables / CALL, "client: GenesysCloud", "client: GenesysClod")
    edit(tables / "genesys-cloud.scopes.yaml", "error: Refused", "error: Refusd")
    edit(tables / "genesys-cloud-login.yaml", "answer: invalid_client", "answer: invalid_cliet")
    edit(policies / POLICY, "kind: body_size", "kind: bodysize")
    ended = run("check", "--tables", tables, "--policies", policies)
    assert ended.returncode == 4, ended.stderr
    assert ended.stdout == ""
    assert [line.count("did you mean") for line in ended.stderr.splitlines()] == [1, 1, 1, 1], ended.stderr


def test_a_mistake_in_a_table_is_one_line_of_generation(run: Run, tmp_path: Path) -> None:
    """A table that names what does not exist plays nothing: one line with its place, no traceback, exit code 4."""
    tables = copy_tables(tmp_path)
    edit(tables / CALL, "client: GenesysCloud", "client: GenesysClod")
    ended = run("generate", "--tables", tables, "--pacts", tmp_path / "pacts")
    said = (ended.stdout + ended.stderr).strip()
    assert ended.returncode == 4, said
    assert len(said.splitlines()) == 1, said
    assert f"{tables / CALL}:" in said
