"""What a team's client must say to each refusal: a short YAML of the team's own.

```yaml
genesys-cloud:
  permission: PermissionDenied            # the client's own word, its `error`
  not.a.user: {error: Forbidden, code: not.a.user}
```
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from contracts import Scenario
from yaml_documents import Document, Strict, Together, suggest


class Said(Strict):
    """What the client's answer must hold; null is not looked at."""

    error: str
    code: str | None = None


Refusals = Mapping[tuple[str, str], Said]
"""By provider and refusal."""


def read_refusals(path: Path, scenarios: Iterable[Scenario]) -> Refusals:
    """The file, its names looked up among what the rows expect. Raises `DocumentError` with all that is wrong."""
    document, found = Document.read(path), Together()
    known: dict[str, set[str]] = {}
    for scenario in scenarios:
        if scenario.expected.refusal:
            known.setdefault(scenario.provider, set()).add(scenario.expected.refusal)
    given = document.parse(dict[str, dict[str, str | Said]])
    for provider, refusals in given.items():
        if provider not in known:
            with found:
                raise document.error((provider,), f"no edition {provider!r}{suggest(provider, known)}")
            continue
        for name in refusals:
            if name not in known[provider]:
                problem = f"{provider} has no refusal {name!r}{suggest(name, known[provider])}"
                with found:
                    raise document.error((provider, name), problem)
    found.raise_found()
    return {
        (provider, name): said if isinstance(said, Said) else Said(error=said)
        for provider, refusals in given.items()
        for name, said in refusals.items()
    }
