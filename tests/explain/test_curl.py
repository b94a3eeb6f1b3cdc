"""A command line is read as the real curl runs it; what cannot be read is refused by name."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from outdial.explain.curl import read_curl
from outdial.explain.request import NotUnderstood, Request
from outdial.provider import Answer
from tests.explain.server import Recording, serving

COMPARED = ("authorization", "content-type", "x-a", "x-space")
"""Headers that matter to an explanation."""
ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
COMMANDS = [
    "curl HOST/",
    "curl HOST/api/v2/users/me?expand=a\\&x=1",
    "curl -X POST HOST/api/v2/conversations/calls -d ''",
    """curl -X POST HOST/a -H 'Authorization: Bearer abc' -H 'Content-Type: application/json' -d '{"to": "+1"}'""",
    """curl HOST/a --data-raw '@not-a-file'""",
    """curl HOST/a -d a=1 --data-raw '&b=2' --data-binary 'c
d'""",
    """curl --json '{"a": ' --json '1}' HOST/a""",
    """curl --json '{}' -H 'content-type: application/x' HOST/a""",
    """curl -G 'HOST/a?z=0' -d q=1 --data-urlencode 'q=a b&c'""",
    """curl HOST/a --data-urlencode 'a b/ü' --data-urlencode '=x=y' --data-urlencode 'n=v w'""",
    """curl -u 'user:pa:ss' -X DELETE HOST/a""",
    """curl http://user:pass@127.0.0.1:PORT/a""",
    """curl --oauth2-bearer abc HOST/a""",
    """curl -H 'X-A: 1' -H 'X-A: 2' -H 'X-Space:    many   ' HOST/a""",
    """curl -sSLk -XPUT -HX-A:1 -dx=1 HOST/a""",
    """curl --request PATCH --url HOST/a --data x --max-time 5 --no-buffer""",
    """curl 'HOST/a?x=1#fragment'""",
    """curl 127.0.0.1:PORT/a""",
    """curl 'HOST/ü'""",
    """curl HOST/a \\
  -H 'X-A: 1' \\
  -d 'x'""",
    """curl HOST/a -d $'a\\n\\t\\'b\\'\\x41\\u00fc\\101'""",
    """curl HOST/a -d "a\\"b\\\\c" """,
    """curl HOST/a -d 'it'\\''s' -d a\\ b""",
    """curl HOST/a -d 'x' | cat""",
    """curl HOST/a -d 'x' > /dev/null""",
    """curl HOST/a -d 'x' 2>/dev/null; true""",
    """curl -- HOST/a""",
    """curl HOST/a -H 'Content-Type: application/json' --data-binary '{"name": "ü", "emoji": "☎"}'""",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Recording]:
    """One server for all commands."""
    with serving(Recording()) as found:
        found.always = Answer(200, {}, b"")
        yield found


@pytest.mark.skipif(shutil.which("curl") is None, reason="the real curl is not here to be compared with")
@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_a_command_is_read_as_curl_sends_it(command: str, server: Recording) -> None:
    """Method, URL, headers and body, byte for byte, beside a real curl on loopback."""
    line = command.replace("HOST", server.base).replace("PORT", server.base.rpartition(":")[2])
    server.calls.clear()
    subprocess.run(["bash", "-c", line], capture_output=True, timeout=20, env=ENV)
    [sent] = server.calls
    read = read_curl(line)
    query = f"?{read.parts.query}" if read.parts.query else ""
    assert (f"{read.method} {read.path}{query}", read.body) == (server.asked[0], sent.body)
    for name in COMPARED:
        assert (read.sent_headers.get(name) or "").split(", ")[-1] == sent.headers.get(name, "").strip()


WANTED = Request(
    "POST",
    "https://api.mypurecloud.com/a",
    (("Authorization", "Bearer <TOKEN>"), ("Content-Type", "application/json")),
    b'{"to": "+1"}',
)


@pytest.mark.parametrize(
    "command",
    [
        """curl https://api.mypurecloud.com/a -H 'Authorization: Bearer <TOKEN>' \\
 -H 'Content-Type: application/json' -d '{"to": "+1"}' | jq .""",
        """curl -X POST "https://api.mypurecloud.com/a" ^
 -H "Authorization: Bearer <TOKEN>" ^
 -H "Content-Type: application/json" ^
 -d "{\\"to\\": \\"+1\\"}" """,
        """curl ^"https://api.mypurecloud.com/a^" ^
  -H ^"Authorization: Bearer ^<TOKEN^>^" ^
  -H ^"Content-Type: application/json^" ^
  --data-raw ^"^{^\\^"to^\\^": ^\\^"+1^\\^"^}^" """,
        """curl.exe -X POST 'https://api.mypurecloud.com/a' `
  -H "Authorization: Bearer <TOKEN>" `
  -H 'Content-Type: application/json' `
  -d '{\\"to\\": \\"+1\\"}'""",
        """curl.exe https://api.mypurecloud.com/a `
  -H "Authorization: Bearer <TOKEN>" -H "Content-Type: application/json" `
  -d "{`"to`": `"+1`"}" """,
    ],
    ids=["bash", "cmd", "cmd of a browser", "powershell", "powershell, escaped"],
)
def test_each_shell_says_the_same(command: str) -> None:
    """POSIX, Windows cmd as people write it and as browsers copy it, and PowerShell."""
    assert read_curl(command) == WANTED


@pytest.mark.parametrize("placeholder", ["<TOKEN>", "{{token}}", "$TOKEN", "${TOKEN}", "$(get token)", "<a token>"])
def test_a_placeholder_is_left_standing(placeholder: str) -> None:
    """Nothing is looked up for it, and it ends no word inside of quotes."""
    request = read_curl(f'curl https://api.example/a -H "Authorization: Bearer {placeholder}"')
    assert request.sent_headers["authorization"] == f"Bearer {placeholder}"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("curl https://a.example -F a=b", "-F cannot be explained"),
        ("curl https://a.example --dta x", "no option --dta - did you mean '--data'?"),
        ("curl https://a.example -d @body.json", "--data @file: files are not read"),
        ("curl https://a.example -H @headers", "-H @file: files are not read"),
        ("curl https://a.example --next https://b.example", "--next cannot be explained"),
        ("curl https://a.example https://b.example", "2 URLs"),
        ("curl -X POST", "no URL"),
        ("curl https://a.example -d", "-d needs a value"),
        ("curl https://a.example -d 'x", "line 1 of the command: a quote (') is opened and never closed"),
        ("curl ftp://a.example/", "expected http or https"),
        ("wget https://a.example", "does not begin with curl"),
        ("curl https://a.example:port/", "host or port"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(command: str, says: str) -> None:
    """One message, with the option and the place."""
    with pytest.raises(NotUnderstood) as refused:
        read_curl(command)
    assert says in str(refused.value)
