"""The page as a person uses it in Chromium: paste, read, apply; with the keyboard, on a small and a dark screen."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from tests.conftest import ROOT
from tests.explain.browser import Browser, chromium

PASTED = """curl -X POST 'https://api.mypurecloud.com/api/v2/conversations/calls' \\
  -H 'Authorization: Bearer s3cr3tTOKENvalue' --json '{"phoneNumber": "+13175550142"}'"""
ANSWER = '{"code": "not.a.user", "message": "This request requires a user context.", "status": 400}'
OVERFLOWING = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


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
    assert set(window.asked()) <= {url}
    assert window.driver.get_cookies() == []
    assert "s3cr3t" not in window.driver.current_url


def explained(browser: Browser, url: str, wide: int) -> None:
    """Paste a request and its answer, and ask why."""
    browser.open(url, wide, 900)
    browser.find("#request").send_keys(PASTED)
    browser.find("#response").send_keys(ANSWER)
    browser.find("button[type=submit]").send_keys(Keys.ENTER)
    browser.says("#verdict", "Refused: the token has no user (400 not.a.user).")


def test_paste_read_apply(browser: Browser, url: str) -> None:
    """The focus goes to the verdict; an applied change is green only when nothing is open."""
    explained(browser, url, 1000)
    assert browser.run("return document.activeElement.id") == "verdict"
    assert "s3cr3t" not in browser.find("#found").text
    browser.find("#apply").click()
    browser.says("#verdict", "It depends")
    assert browser.run("return document.activeElement.id") == "verdict"
    assert browser.value("#grant") == "authorization_code"
    assert browser.run("return document.getElementById('verdict').className") == "open"


def test_what_cannot_be_read_is_said(browser: Browser, url: str) -> None:
    """In the place of the verdict."""
    browser.open(url, 1000, 900)
    browser.find("#request").send_keys("hello")
    browser.find("button[type=submit]").click()
    browser.says("#verdict", "This cannot be read")
    browser.complaints()  # the browser logs the status 400


def test_a_phone_shows_it_without_scrolling_sideways(browser: Browser, url: str) -> None:
    """At 360 pixels."""
    explained(browser, url, 360)
    assert browser.run(OVERFLOWING) <= 0
