"""The page as a person uses it in Chromium: with mouse, keyboard, a small window, a dark screen."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from outdial.__main__ import main
from tests.conftest import ROOT
from tests.explain.browser import Browser, chromium

PICTURES = ROOT / "docs" / "page"
PARTS = ("explain", "rules", "reports", "claims", "rows")
PASTED = """curl -X POST 'https://api.mypurecloud.com/api/v2/conversations/calls' \\
  -H 'Authorization: Bearer s3cr3tTOKENvalue' --json '{"to": "+13175550142"}'"""
REFUSED, OPEN = "refused: 400 invalid.property", "it depends on what is not known"
UNKNOWN = "token.grant=don\u2019t know"
KNOWN_AND_FOCUSED = """
const known = told.switches.some((each) => each.fact === "token.grant" && each.known.length);
return known && document.activeElement.matches("input[name='token.grant']:checked");
"""
OVERFLOWING = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
FAINT = """
const light = (c) => [.2126, .7152, .0722].reduce((sum, weight, i) =>
  sum + weight * (c[i] / 255 <= .03928 ? c[i] / 255 / 12.92 : ((c[i] / 255 + .055) / 1.055) ** 2.4), 0);
const rgba = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const colour = rgba(getComputedStyle(element).backgroundColor);
    if (colour.length < 4 || colour[3]) return colour;
  }
  return [255, 255, 255];
};
const faint = [];
for (const each of document.querySelectorAll("body *")) {
  const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !each.checkVisibility() || each.closest("svg") || each.matches(":disabled")) continue;
  const [one, other] = [light(rgba(getComputedStyle(each).color)), light(behind(each))];
  const ratio = (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  if (ratio < 4.5) faint.push(`${each.tagName} ${each.textContent.slice(0, 30)} ${ratio.toFixed(1)}`);
}
return faint;
"""


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests."""
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where `outdial explain --page` serves it."""
    command = [sys.executable, "-m", "outdial", "explain", "--page"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        assert serving.stdout is not None
        yield serving.stdout.readline().strip()
        serving.terminate()


@pytest.fixture
def browser(window: Browser, url: str) -> Iterator[Browser]:
    """The browser, in which nothing may complain, and which may ask nobody but the page's own server."""
    window.complaints(), window.asked()
    yield window
    assert window.complaints() == []
    assert set(window.asked()) <= {url, *(f"{url}#{part}" for part in PARTS)}
    assert window.driver.get_cookies() == []
    assert window.run("return [localStorage.length, sessionStorage.length]") == [0, 0]
    assert "s3cr3t" not in window.driver.current_url


def pasted(browser: Browser, url: str) -> None:
    """Put the request on the clipboard, and paste it with the keys of a person."""
    permission = {"origin": url.rpartition("/")[0], "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.driver.execute_cdp_cmd("Browser.grantPermissions", permission)
    browser.find("#request").click()
    browser.driver.execute_async_script("navigator.clipboard.writeText(arguments[0]).then(arguments[1])", PASTED)
    browser.find("#request").send_keys(Keys.CONTROL, "av")
    browser.says("#verdict", REFUSED)


def kept(browser: Browser, name: str, top: int = 0) -> None:
    """A picture for the documentation, where that is asked for."""
    if os.environ.get("WRITE_PAGES"):
        PICTURES.mkdir(exist_ok=True)
        browser.run("document.activeElement.blur(), scrollTo(0, arguments[0])", top)
        browser.picture(PICTURES / f"{name}.png")
    assert (PICTURES / f"{name}.png").stat().st_size < 200_000


def test_paste_switch_apply_copy(browser: Browser, url: str) -> None:
    """From a refused request to one that is accepted, and the command of it."""
    browser.open(url, 1000, 760)
    browser.find("#example").click()
    browser.says("#verdict", REFUSED)
    kept(browser, "refused")
    pasted(browser, url)
    shown = browser.find("#answer").text + browser.find("#facts").text
    assert "s3cr3t" not in shown
    assert "no such field: to → phoneNumber" in shown
    browser.find("input[id='token.grant=client_credentials']").click()
    browser.says("ol.rules", "\nrefuses token user is there")
    browser.says("ol.rules", "would refuse next no field but")
    browser.find("[id='rule user-context']").click()
    browser.says("ol.rules", "user-context; else 400 not.a.user. published:")
    browser.find("[id='apply 0']").click()
    browser.says("#verdict", OPEN)
    assert "phoneNumber" in browser.value("#request")
    browser.find("[id='provided here']").click()
    browser.says("#verdict", "accepted")
    kept(browser, "accepted")
    browser.find("#undo").click()
    browser.says("#verdict", OPEN)
    browser.find("#undo").click()
    browser.says("#verdict", REFUSED[:7])
    curl = browser.find(".card pre").text
    browser.find("[id='copy 0']").click()
    browser.says("[id='copy 0']", "Copied")
    assert browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == curl


def test_keyboard_only(browser: Browser, url: str) -> None:
    """Every step of it without a mouse; the focus is seen, and stays where it was when the answer changes."""
    browser.open(url)
    browser.tab_to("request", PASTED, Keys.CONTROL, Keys.ENTER)
    browser.says("#verdict", REFUSED)
    browser.tab_to(UNKNOWN, Keys.ARROW_LEFT)
    browser.until(lambda: browser.run(KNOWN_AND_FOCUSED))
    browser.find("#request").send_keys("")
    browser.tab_to("apply 0", Keys.ENTER)
    browser.until(lambda: "phoneNumber" in browser.value("#request"))
    browser.find("nav a").send_keys("")
    browser.tab_to("Rows", Keys.ENTER)
    browser.tab_to("filter-rows", "published 403 station")
    shown, _, every = browser.find("#count-rows").text.partition(" of ")
    assert 0 < int(shown) < int(every)
    assert len(browser.all("#list-rows > li")) == int(shown)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_part_fits_and_can_be_read(browser: Browser, url: str, width: int, dark: bool) -> None:
    """Nothing is wider than the window, and text stands out by 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    for part in PARTS:
        browser.open(f"{url}#{part}", width, 800, dark=dark)
        if part == "explain":
            pasted(browser, url)
        assert browser.run(OVERFLOWING) <= 0, part
        assert browser.run(FAINT) == [], part
        if (part, width, dark) in {("explain", 360, False), ("reports", 1280, False), ("rules", 1280, True)}:
            name = {"explain": "phone", "reports": "reports", "rules": "rules-dark"}[part]
            kept(browser, name, browser.find("#verdict").location["y"] - 16 if part == "explain" else 0)
    background = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (background != "rgb(255, 255, 255)") == dark


def test_what_is_written_needs_no_server(window: Browser, tmp_path: Path) -> None:
    """Opened from a file it shows everything but the live part, and asks nobody."""
    path = tmp_path / "index.html"
    assert main(["explain", "--page", str(path)]) == 0
    window.complaints(), window.asked()
    window.open(path.as_uri())
    assert window.find("#rules").is_displayed()
    assert [link.text for link in window.all("nav a")] == ["Rules", "Reports", "Claims", "Rows"]
    assert len(window.all("#models thead th")) > 1
    window.find("nav a[href='#claims']").click()
    window.until(lambda: window.all("#list-claims > li"))
    assert window.complaints() == []
    assert {url.partition("#")[0] for url in window.asked()} == {path.as_uri()}


def test_a_script_that_got_in_is_not_run(window: Browser, url: str) -> None:
    """The policy holds: only what the page came with runs."""
    window.open(url)
    window.run(
        "const s = document.createElement('script');"
        "try { s.textContent = 'document.title = \"run\"'; } catch {} document.body.append(s)"
    )
    assert window.driver.title != "run"
    window.complaints()
