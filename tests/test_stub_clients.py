"""Clients as people have them, each with a call that is placed and one that is refused by the permission."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from outdial.verification.stub_process import RunningStub

SECONDS = 120
BODY = '{"phoneNumber": "+13175550142"}'

CURL = ["curl", "-s", "-w", " %{http_code}", "-H", "Content-Type: application/json"]
"""Prints the body of the answer, then its status, as every program here does."""

HTTPX = """
import sys, httpx
answer = httpx.post(sys.argv[1], content=sys.argv[3],
                    headers={"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"})
print(answer.text, answer.status_code)
"""

AIOHTTP = """
import asyncio, sys, aiohttp
async def main():
    headers = {"Authorization": "Bearer " + sys.argv[2], "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.post(sys.argv[1], data=sys.argv[3]) as answer:
            print(await answer.text(), answer.status)
asyncio.run(main())
"""

NODE = """
const [url, token, body] = process.argv.slice(1);
const headers = {Authorization: `Bearer ${token}`, "Content-Type": "application/json"};
const answer = await fetch(url, {method: "POST", headers, body});
console.log(await answer.text(), answer.status);
"""

JAVA = """
import java.net.URI;
import java.net.http.*;

class Client {
    public static void main(String[] given) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(given[0])).header("Authorization", "Bearer " + given[1])
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(given[2])).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.body() + " " + answer.statusCode());
    }
}
"""

GO = """
package main

import ("fmt"; "io"; "net/http"; "os"; "strings")

func main() {
    request, _ := http.NewRequest("POST", os.Args[1], strings.NewReader(os.Args[3]))
    request.Header.Set("Authorization", "Bearer " + os.Args[2])
    request.Header.Set("Content-Type", "application/json")
    answer, problem := http.DefaultClient.Do(request)
    if problem != nil { panic(problem) }
    body, _ := io.ReadAll(answer.Body)
    fmt.Println(string(body), answer.StatusCode)
}
"""

PAGE = """<!doctype html><body><script>
const [url, token, body] = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const headers = {Authorization: `Bearer ${token}`, "Content-Type": "application/json"};
fetch(url, {method: "POST", headers, body, credentials: "include"})
  .then(async answer => `${await answer.text()} ${answer.headers.get("ININ-Correlation-Id").length} ${answer.status}`)
  .catch(problem => `refused by the browser: ${problem}`)
  .then(said => { document.title = said; document.body.textContent = said; });
</script>"""

Called = Callable[[str, str, Path], list[str]]


def curl(*options: str) -> Called:
    """The command-line client, with options."""
    return lambda url, token, _: [*CURL, *options, "-H", f"Authorization: Bearer {token}", "-d", BODY, url]


def python(module: str, program: str) -> Called:
    """A Python client in a process of its own."""

    def command(url: str, token: str, _: Path) -> list[str]:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed here")
        return [sys.executable, "-c", program, url, token, BODY]

    return command


def source(name: str, program: str, *runner: str) -> Called:
    """A program that is compiled and run from its source."""

    def command(url: str, token: str, folder: Path) -> list[str]:
        (folder / name).write_text(program)
        return [*runner, str(folder / name), url, token, BODY]

    return command


def gzipped(url: str, token: str, folder: Path) -> list[str]:
    """curl with a body that gzip made."""
    subprocess.run(["gzip"], input=BODY.encode(), stdout=(folder / "body.gz").open("wb"), check=True)
    sent = ["-H", "Content-Encoding: gzip", "-H", f"Authorization: Bearer {token}"]
    return [*CURL, *sent, "--data-binary", f"@{folder / 'body.gz'}", url]


CLIENTS: dict[str, Called] = {
    "curl": curl(),
    "curl, HTTP/1.0": curl("--http1.0"),
    "curl, offering h2c": curl("--http2"),
    "curl, chunked": curl("-H", "Transfer-Encoding: chunked"),
    "curl, expecting 100": curl("-H", "Expect: 100-continue"),
    "curl, gzip": gzipped,
    "requests": python("requests", HTTPX.replace("httpx", "requests").replace("content=", "data=")),
    "httpx": python("httpx", HTTPX),
    "aiohttp": python("aiohttp", AIOHTTP),
    "Node's fetch": lambda url, token, _: ["node", "--input-type=module", "-e", NODE, url, token, BODY],
    "Java's HttpClient": source("Client.java", JAVA, "java"),
    "Go's net/http": source("client.go", GO, "go", "run"),
}


@pytest.fixture(scope="module")
def place_call(stub: RunningStub) -> str:
    """Where a call is placed for an agent who has a station."""
    agent = requests.post(stub.state_url, json={"state": "an agent"}, timeout=10).json()["agentId"]
    return f"{stub.url}/genesys-cloud/api/v2/conversations/calls/user/{agent}"


def token(stub: RunningStub, *permissions: str) -> str:
    """A token of an application with these permissions."""
    asked = {"state": "an access token", "params": {"role": {"permissions": permissions}}}
    made: str = requests.post(stub.state_url, json=asked, timeout=10).json()["accessToken"]
    return made


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_places_a_call_and_reads_its_refusal(
    stub: RunningStub, place_call: str, client: str, tmp_path: Path
) -> None:
    """The same two requests from each: 202 with an id, 403 with the code of the missing permission."""
    for bearer, status, said in (
        (token(stub, "conversation:agentlessCall:add"), "202", '"selfUri": "http://127.0.0.1:'),
        (token(stub), "403", '"code": "missing.any.permissions"'),
    ):
        command = CLIENTS[client](place_call, bearer, tmp_path)
        if not shutil.which(command[0]):
            pytest.skip(f"{command[0]} is not installed here")
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True, cwd=tmp_path)
        assert ended.stdout.split()[-1] == status, ended.stdout
        assert said in ended.stdout


@contextmanager
def page_of_another_origin() -> Iterator[str]:
    """A page on a server that is not the stub."""

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_page_in_a_browser_places_a_call_and_reads_its_refusal(
    stub: RunningStub, place_call: str, tmp_path: Path
) -> None:
    """Chromium asks before it sends, and lets the page read body and headers of both answers."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("chromium is not installed here")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    with page_of_another_origin() as page:
        for bearer, status, said in (
            (token(stub, "conversation:agentlessCall:add"), "36 202", '"selfUri"'),
            (token(stub), "36 403", '"missing.any.permissions"'),
        ):
            given = quote(json.dumps([place_call, bearer, BODY]))
            command = [chromium, *options, "--virtual-time-budget=20000", f"{page}#{given}"]
            shown = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
            assert f"{status}</body>" in shown, shown[-600:]
            assert said in shown
