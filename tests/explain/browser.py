"""Chromium as a person uses it, headless: what it said, and whom it asked, is kept."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-proxy-server",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
SECONDS = 20
TABS = 150
OUTLINE = """
const focus = document.activeElement;
return getComputedStyle(focus.type === "radio" ? focus.nextElementSibling : focus).outlineStyle
"""
OWN = ("data:", "chrome:", "blob:", "about:")
"""Requests that leave the browser for nowhere."""


class Browser:
    """One window, and what tests do in it."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, url: str, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        """A page, in a window of this inner size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.driver.get("about:blank")
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """The first element, when it is there."""
        found: WebElement = self.until(lambda: next(iter(self.driver.find_elements(By.CSS_SELECTOR, selector)), None))
        return found

    def all(self, selector: str) -> list[WebElement]:
        """All elements that are shown."""
        return [each for each in self.driver.find_elements(By.CSS_SELECTOR, selector) if each.is_displayed()]

    def until(self, true: Any) -> Any:
        """The value of a condition, when it is true."""
        return WebDriverWait(self.driver, SECONDS, poll_frequency=0.05).until(lambda _: true())

    def value(self, selector: str) -> str:
        """The text in a field."""
        return str(self.find(selector).get_property("value"))

    @property
    def focused(self) -> str:
        """The element that has the focus, by its id, or by its text."""
        return str(self.run("return document.activeElement.id || document.activeElement.textContent.trim()"))

    def says(self, selector: str, text: str) -> None:
        """Wait until an element has this text."""

        def shown() -> bool:
            return text in str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

        try:
            self.until(shown)
        except Exception:
            raise AssertionError(f"{selector} does not say {text!r}: {self.find(selector).text!r}") from None

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of a script."""
        return self.driver.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What the console got since the last time."""
        return [entry["message"] for entry in self._log("browser")]

    def asked(self) -> list[str]:
        """The URLs that were asked for since the last time."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        urls = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
        return [url for url in urls if not url.startswith(OWN)]

    def _log(self, name: str) -> list[dict[str, Any]]:
        return list(self.driver.get_log(name))  # type: ignore[no-untyped-call]


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A new browser with a profile of its own; the test is skipped where there is none."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if binary is None or driver is None:
        pytest.skip("chromium and chromium-driver are not installed here")
    options = ChromeOptions()
    options.binary_location = binary
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    running = Chrome(options=options, service=Service(driver))
    try:
        yield Browser(running)
    finally:
        running.quit()
