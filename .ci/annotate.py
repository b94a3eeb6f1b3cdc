"""Print a GitHub annotation for each failed row of a JUnit file, at its file and line where this repository has them.

The numbers of rows go into the summary of the job.
"""

import os
import sys
from pathlib import Path
from xml.etree import ElementTree


def escape(text: str, *, value: bool = False) -> str:
    """Escape `text` for a workflow command; the `value` of a property knows two more characters."""
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), *([(":", "%3A"), (",", "%2C")] if value else [])]
    for character, escaped in pairs:
        text = text.replace(character, escaped)
    return text


def annotation(row: ElementTree.Element, failure: ElementTree.Element) -> str:
    """Return the workflow command for a failed row."""
    place = next((each.get("value", "") for each in row.iter("property") if each.get("name") == "place"), "")
    file, _, line = place.rpartition(":")
    where = f"file={escape(file, value=True)},line={line}," if file and Path(file).is_file() else ""
    title = escape(row.get("name", ""), value=True)
    return f"::error {where}title={title}::{escape(failure.text or failure.get('message', ''))}"


def main(junit: Path) -> None:
    """Annotate; without a file verification has not begun, and has said why."""
    if not junit.is_file():
        return
    rows = list(ElementTree.parse(junit).iter("testcase"))  # noqa: S314 - our own file
    failed = [(row, failure) for row in rows for failure in (*row.iter("failure"), *row.iter("error"))]
    for row, failure in failed:
        print(annotation(row, failure))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with open(summary, "a", encoding="utf-8") as page:
            page.write(f"Outdial: {len(rows)} rows verified, {len({row.get('name') for row, _ in failed})} failed\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
