"""A command line is read as the real curl runs it; what cannot be read is refused by name."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from outdial.explain.curl import read_curl
from outdial.explain.request import NotUnderstood, PastedRequest
from tests.explain.listener import Listener, listening

CURL = shutil.which("curl")
HOST = "http://127.0.0.1:PORT"
AUTOMATIC = {"host", "user-agent", "content-length", "expect"}
"""What curl adds by itself: they say nothing of the command. User-Agent is compared where the command gives one."""
COMMANDS = [
    "curl HOST/",
    "curl HOST",
    "curl HOST/api/v2/users/me?expand=a&x=1".replace("&", "\\&"),
    "curl -X POST HOST/api/v2/conversations/calls -d ''",
    """curl -X POST HOST/a -H 'Authorization: Bearer abc' -H 'Content-Type: application/json' -d '{"to": "+1"}'""",
    """curl HOST/a --data-raw '@not-a-file'""",
    """curl HOST/a -d a=1 -d b=2""",
    """curl HOST/a -d a=1 --data-raw '&b=2' --data-binary 'c
d'""",
    """curl --json '{"a": 1}' HOST/a""",
    """curl --json '{"a": ' --json '1}' HOST/a""",
    """curl --json '{}' -H 'Accept: text/plain' -H 'content-type: application/x' HOST/a""",
    """curl -G HOST/a -d q=1 -d r=2""",
    """curl -G 'HOST/a?z=0' --data-urlencode 'q=a b&c'""",
    """curl HOST/a --data-urlencode 'a b/ü' --data-urlencode '=x=y' --data-urlencode 'n=v w'""",
    """curl -u user:pass HOST/a""",
    """curl -u 'user:pa:ss' -X DELETE HOST/a""",
    """curl http://user:pass@127.0.0.1:PORT/a""",
    """curl --oauth2-bearer abc HOST/a""",
    """curl -H 'X-Empty;' -H 'Accept:' HOST/a""",
    """curl -H 'X-A: 1' -H 'X-A: 2' HOST/a""",
    """curl -H 'X-Space:    many   ' HOST/a""",
    """curl -H 'User-Agent: mine' HOST/a""",
    """curl -A mine -e http://from.example HOST/a""",
    """curl -b 'a=1' -b 'b=2' HOST/a""",
    """curl --cookie 'a=1; b=2' HOST/a""",
    """curl -sSLk -XPUT HOST/a -d x""",
    """curl -sXPOST -HX-A:1 -dx=1 HOST/a""",
    """curl --request PATCH --url HOST/a --data x""",
    """curl --silent --show-error --location --max-time 5 --retry 0 HOST/a""",
    """curl --no-keepalive --no-buffer HOST/a""",
    """curl -4 --http1.1 --compressed HOST/a""",
    """curl -I HOST/a""",
    """curl HOST/a/../b/./c""",
    """curl --path-as-is HOST/a/../b""",
    """curl HOST/a/..""",
    """curl HOST/a#fragment""",
    """curl 'HOST/a?x=1#fragment'""",
    """curl 'HOST?x=1'""",
    """curl 127.0.0.1:PORT/a""",
    """curl -g 'HOST/users/{userId}/x[1]'""",
    """curl HOST/a%20b%2Fc?x=%26""",
    """curl 'HOST/ü'""",
    """curl HOST/a \\
  -H 'X-A: 1' \\
  -d 'x'""",
    """curl HOST/a -d $'a\\n\\t\\'b\\'\\x41\\u00fc\\101'""",
    """curl HOST/a -d "a\\"b\\\\c\\$d\\e" """,
    """curl HOST/a -d 'it'\\''s'""",
    """curl HOST/a -d a\\ b""",
    """curl HOST/a -d "two
lines" """,
    """curl HOST/a -d "one \\
line" """,
    """curl HOST/a -d 'x' | cat""",
    """curl HOST/a -d 'x' > /dev/null""",
    """curl HOST/a -d 'x' 2>/dev/null; true""",
    """curl HOST/a -o /dev/null -w '%{http_code}' -d x""",
    """curl HOST/a --range 0-5""",
    """curl HOST/a --url-query 'a=b c' """,
    """curl 'HOST/a?x=1' --url-query 'a=b' --url-query '+c=%20'""",
    """curl -- HOST/a""",
    """curl HOST/a -H 'Content-Type: application/json' --data-binary '{"name": "ü", "emoji": "☎"}'""",
    """curl HOST/a -X POST -H 'Content-Length: 0'""",
    """curl HOST/a -X OPTIONS -H 'Origin: http://x'""",
    """curl HOST/a --data '' -H 'Content-Type: application/json'""",
    """curl HOST/a -d '{"a": "b"}' -H "Content-Type: application/json" -H "Accept: application/json" --fail""",
    """curl -d "" -d a HOST/a""",
    """curl HOST/a --post301 --tcp-nodelay --referer ';auto'""",
]


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """One listener for all commands."""
    with listening() as found:
        yield found


def as_sent(raw: bytes, own: set[str]) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """Method, target, headers in their order of names, and body of what came."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [(line.partition(":")[0].lower(), line.partition(":")[2].strip()) for line in lines]
    return method, target, sorted(pair for pair in pairs if pair[0] not in AUTOMATIC - own), body


def as_read(request: PastedRequest, own: set[str]) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """The same of what was read."""
    query = f"?{request.parts.query}" if request.parts.query else ""
    pairs = [(name.lower(), value) for name, value in request.headers]
    kept = sorted(pair for pair in pairs if pair[0] not in AUTOMATIC - own)
    return request.method, request.path + query, kept, request.body


@pytest.mark.skipif(CURL is None, reason="the real curl is not here to be compared with")
@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_a_command_is_read_as_curl_sends_it(command: str, listener: Listener) -> None:
    """Method, URL, headers and body, byte for byte, beside a real curl on loopback."""
    line = command.replace("HOST", HOST).replace("PORT", str(listener.port))
    own = {"user-agent"} if "User-Agent" in line or " -A " in line else set()
    listener.came.clear()
    subprocess.run(
        ["bash", "-c", line],
        check=False,
        capture_output=True,
        timeout=20,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert len(listener.came) == 1, "curl sent nothing"
    assert as_read(read_curl(line), own) == as_sent(listener.came[0], own)


WANTED = PastedRequest(
    "POST",
    "https://api.mypurecloud.com/a",
    (("Accept", "*/*"), ("Authorization", "Bearer <TOKEN>"), ("Content-Type", "application/json")),
    b'{"to": "+1"}',
)
FORMS = {
    "posix": """curl -X POST https://api.mypurecloud.com/a \\
 -H 'Authorization: Bearer <TOKEN>' -H 'Content-Type: application/json' -d '{"to": "+1"}'""",
    "prompt": """$ curl https://api.mypurecloud.com/a -H 'Authorization: Bearer <TOKEN>' \\
 -H 'Content-Type: application/json' -d '{"to": "+1"}' | jq .""",
    "cmd": """curl -X POST "https://api.mypurecloud.com/a" ^
 -H "Authorization: Bearer <TOKEN>" ^
 -H "Content-Type: application/json" ^
 -d "{\\"to\\": \\"+1\\"}" """,
    "cmd of a browser": """curl ^"https://api.mypurecloud.com/a^" ^
  -H ^"Authorization: Bearer ^<TOKEN^>^" ^
  -H ^"Content-Type: application/json^" ^
  --data-raw ^"^{^\\^"to^\\^": ^\\^"+1^\\^"^}^" """,
    "powershell": """curl.exe -X POST 'https://api.mypurecloud.com/a' `
  -H "Authorization: Bearer <TOKEN>" `
  -H 'Content-Type: application/json' `
  -d '{\\"to\\": \\"+1\\"}'""",
    "powershell, escaped": """curl.exe https://api.mypurecloud.com/a `
  -H "Authorization: Bearer <TOKEN>" -H "Content-Type: application/json" `
  -d "{`"to`": `"+1`"}" """,
}


@pytest.mark.parametrize("form", FORMS)
def test_each_shell_says_the_same(form: str) -> None:
    """POSIX, Windows cmd as people write it and as browsers copy it, and PowerShell."""
    assert read_curl(FORMS[form]) == WANTED


@pytest.mark.parametrize(
    "placeholder", ["<TOKEN>", "{{token}}", "$TOKEN", "${TOKEN}", "$(get token)", "YOUR_TOKEN", "<a token>"]
)
def test_a_placeholder_is_left_standing(placeholder: str) -> None:
    """Nothing is looked up for it, and it ends no word inside of quotes."""
    request = read_curl(f'curl https://api.example/a -H "Authorization: Bearer {placeholder}"')
    assert request.sent["authorization"] == f"Bearer {placeholder}"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("curl https://a.example -F a=b", "-F cannot be explained"),
        ("curl https://a.example --form a=b", "--form cannot be explained"),
        ("curl https://a.example --dta x", "no option --dta - did you mean --data?"),
        ("curl https://a.example -d @body.json", "--data @file: files are not read"),
        ("curl https://a.example --json @body.json", "--json @file: files are not read"),
        ("curl https://a.example -H @headers", "-H @file: files are not read"),
        ("curl https://a.example -b cookies.txt", "-b without '=' names a file"),
        ("curl https://a.example -K options", "-K cannot be explained"),
        ("curl https://a.example --next https://b.example", "--next cannot be explained"),
        ("curl https://a.example https://b.example", "2 URLs"),
        ("curl -X POST", "no URL"),
        ("curl https://a.example -d", "-d needs a value"),
        ("curl https://a.example -d 'x", "line 1 of the command: a quote (') is opened and never closed"),
        ('curl https://a.example \\\n -d "x', 'line 2 of the command: a quote (") is opened and never closed'),
        ("curl 'https://a.example/{a,b}'", "stands for several"),
        ("curl ftp://a.example/", "neither http nor https"),
        ("wget https://a.example", "does not begin with curl"),
        ("curl https://a.example:port/", "host or port"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(command: str, says: str) -> None:
    """One message, with the option and the place."""
    with pytest.raises(NotUnderstood) as refused:
        read_curl(command)
    assert says in str(refused.value)
