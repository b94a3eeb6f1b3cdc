"""A client of Genesys Cloud's call operations that does right, or one thing wrong: its first argument names which."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

CALLS = "/api/v2/conversations/calls"
SECRET = "k3x-9QpZ_own-secret"
Row = dict[str, Any]
Answer = dict[str, Any]


def send(row: Row, path: str | None = None, data: bytes | None = None, token: str | None = None) -> Answer:
    given = row["arguments"]
    url = row["api"] + (path or CALLS + (f"/user/{given['user_id']}" if "user_id" in given else ""))
    if row["operation"] == "get_call":
        url += f"/{given['conversation_id']}"
    body = data or (json.dumps(given["request"]).encode() if "request" in given else None)
    headers = {"Authorization": f"Bearer {token or row['token']}", "Content-Type": "application/json"}
    try:
        with urlopen(Request(url, body, headers)) as answer:  # noqa: S310 - the mock server
            return {"status": answer.status, "result": json.load(answer)}
    except HTTPError as refused:
        return {"status": refused.code, "code": json.load(refused).get("code"), "error": "Refused"}


def twice(row: Row) -> Answer:
    send(row)
    return send(row)


def waits_after_429(row: Row) -> Answer:
    answer = send(row)
    if answer["status"] == 429:
        time.sleep(42)
    return answer


def says(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)


def changed(**values: object) -> Callable[[Row], Answer]:
    return lambda row: {**send(row), **values}


def only_refused(**values: object) -> Callable[[Row], Answer]:
    return lambda row: {**(answer := send(row)), **(values if answer["status"] >= 400 else {})}


FAULTS: dict[str, Callable[[Row], Any]] = {
    "none": send,
    "hang": lambda _: time.sleep(600),
    "crash": lambda _: sys.exit("no such field: division"),
    "last words": lambda _: sys.exit(f"cannot log in with Bearer {SECRET}"),
    "garbage": lambda _: says("Loading configuration…"),
    "double POST": twice,
    "waits on 429": waits_after_429,
    "wrong operation": lambda row: send(row, path=f"{CALLS}/user/someone"),
    "wrong body": lambda row: send(row, data=b'{"phoneNumber": "+1"}'),
    "wrong token": lambda row: send(row, token=SECRET),
    "no request": lambda _: {"status": 401, "error": "Refused"},
    "wrong types": changed(status="401"),
    "another row's answer": changed(seq=99),
    "refusal taken for accepted": only_refused(error=None),
    "wrong status": only_refused(status=403),
    "accepted taken for refused": changed(error="Refused"),
    "wrong result": changed(result={"id": "another"}),
}


def main(fault: str, at: str) -> None:
    says(json.dumps({"client": "tested client 1.0"}))
    for line in sys.stdin:
        row = json.loads(line)
        wrong = fault.endswith("on 429") or row["seq"] == int(at)
        answer = FAULTS[fault if wrong else "none"](row)
        if answer is not None:
            says(json.dumps({"seq": row["seq"], **answer}))


if __name__ == "__main__":
    main(*sys.argv[1:])
