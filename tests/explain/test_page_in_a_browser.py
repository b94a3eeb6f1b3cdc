"""The page as a person uses it in Chromium: paste, read, apply; with the keyboard, on a small screen."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import ROOT

PASTED = """curl -X POST 'https://api.mypurecloud.com/api/v2/conversations/calls' \\
  -H 'Authorization: Bearer s3cr3tTOKENvalue' --json '{"phoneNumber": "+13175550142"}'"""
ANSWER = '{"code": "not.a.user", "message": "This request requires a user context.", "status": 400}'
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
           "--no-first-run", "--disable-background-networking", "--disable-component-update")  # fmt: skip
OVERFLOWING = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for all tests, with a profile of its own; the tests are skipped where there is none."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed here")
    options = ChromeOptions()
    options.binary_location = binary
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = Chrome(options=options, service=Service(driver))
    yield running
    running.quit()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where `outdial explain --page` serves it."""
    command = [sys.executable, "-m", "outdial", "explain", "--page"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as serving:
        assert serving.stdout is not None
        yield serving.stdout.readline().strip()
        serving.terminate()


def logged(browser: Chrome, name: str) -> list[dict[str, Any]]:
    """The lines of a log since the last time."""
    return list(browser.get_log(name))  # type: ignore[no-untyped-call]


@pytest.fixture
def browser(window: Chrome, url: str) -> Iterator[Chrome]:
    """The browser, which may ask nobody but the page's own server, and where nothing may complain."""
    logged(window, "browser"), logged(window, "performance")
    yield window
    assert logged(window, "browser") == []
    messages = [json.loads(each["message"])["message"] for each in logged(window, "performance")]
    asked = {each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"}
    assert {each for each in asked if not each.startswith(("data:", "chrome:", "about:"))} <= {url}
    assert window.get_cookies() == []
    assert "s3cr3t" not in window.current_url


def find(browser: Chrome, selector: str) -> WebElement:
    """An element."""
    return browser.find_element(By.CSS_SELECTOR, selector)


def says(browser: Chrome, text: str) -> None:
    """Wait for the verdict."""
    WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda _: text in find(browser, "#verdict").text)


def explained(browser: Chrome, url: str, wide: int) -> None:
    """Paste a request and its answer, and ask why."""
    size = {"width": wide, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(url)
    find(browser, "#request").send_keys(PASTED)
    find(browser, "#response").send_keys(ANSWER)
    find(browser, "button[type=submit]").send_keys(Keys.ENTER)
    says(browser, "Refused: the token has no user (400 not.a.user).")


def test_paste_read_apply(browser: Chrome, url: str) -> None:
    """The focus goes to the verdict; an applied change is green only when nothing is open."""
    explained(browser, url, 1000)
    assert browser.switch_to.active_element.get_property("id") == "verdict"
    assert "s3cr3t" not in find(browser, "#found").text
    find(browser, "#apply").click()
    says(browser, "It depends")
    assert browser.switch_to.active_element.get_property("id") == "verdict"
    assert find(browser, "#grant").get_property("value") == "authorization_code"
    assert find(browser, "#verdict").get_property("className") == "open"


def test_what_cannot_be_read_is_said_and_a_phone_shows_it(browser: Chrome, url: str) -> None:
    """In the place of the verdict; at 360 pixels, without scrolling sideways."""
    explained(browser, url, 360)
    assert browser.execute_script(OVERFLOWING) <= 0
    find(browser, "#request").send_keys(Keys.CONTROL + "a")
    find(browser, "#request").send_keys("hello")
    find(browser, "button[type=submit]").click()
    says(browser, "This cannot be read")
    logged(browser, "browser")  # the browser logs the status 400
