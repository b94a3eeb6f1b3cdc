"""Where a provider and its states are reached: our stub by default, or the addresses a user gives."""

from collections.abc import Iterator
from contextlib import contextmanager

from broker.outcome import BrokerError
from verification.target import Target


@contextmanager
def provider_target(providers: list[str], provider_url: str | None, state_url: str | None) -> Iterator[Target]:
    """Yield where the providers are; the stub runs only inside this context.

    Raises: BrokerError when only one of the two addresses is given, or they are given for several providers.
    """
    if provider_url is None and state_url is None:
        # loads the stub and the contracts, which the other commands can do without
        from verification.stub_process import StubFailed, running_stub

        try:
            with running_stub() as stub:
                yield Target(stub.url, stub.state_url)
        except StubFailed as error:
            raise BrokerError(str(error), "run `make stub` to see it alone") from error
        return
    if provider_url is None or state_url is None:
        raise BrokerError("--provider-url and --state-url belong together", "give both, or neither to use the stub")
    if len(providers) != 1:
        raise BrokerError(
            f"--provider-url serves one provider, but {len(providers)} are asked for: {', '.join(providers)}",
            "name it: --provider NAME",
        )
    yield Target(provider_url.rstrip("/"), state_url, prefixed=False)
