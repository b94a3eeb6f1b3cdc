"""One edition without its name as prefix, for clients that can be given a host and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from outdial.provider.application import Application
from outdial.provider.exchange import Answer, Call, in_json


@dataclass(frozen=True, slots=True)
class Mount:
    """Editions at one base path of one address; where several have no operation at a path, the first answers.

    The base path is empty or starts with a slash, and does not end with one.
    """

    application: Application
    base_path: str
    providers: tuple[str, ...]

    def answer(self, call: Call) -> Answer:
        """Return the answer of the edition that is asked; elsewhere than below the base path, where that is."""
        if not call.path.startswith(f"{self.base_path}/"):
            return in_json(404, {"message": f"{self.providers[0]} is served below {self.base_path}/"})
        path = call.path.removeprefix(self.base_path)
        serving = (each for each in self.providers if self.application.serves(each, path))
        provider = next(serving, self.providers[0])
        return self.application.answer(
            replace(call, path=f"/{provider}{path}", base_url=f"{call.origin}{self.base_path}")
        )


def login_of(provider: str, policies: Iterable[str]) -> str | None:
    """Return the edition that plays the login host of a provider's API, if there is one."""
    name = f"{provider.partition('.')[0]}-login"
    return name if name in policies else None
