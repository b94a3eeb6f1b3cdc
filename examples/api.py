"""The public API: a stub, a refusal explained, the contract, a verification."""

import requests

from outdial import Stub, load_contract, verify
from outdial.explain import explain

REQUEST = "curl -X POST https://api.mypurecloud.com/api/v2/conversations/calls -H 'Authorization: Bearer TOKEN'"


def main() -> None:
    """Ask the stub, then verify one row of the committed pacts."""
    with Stub() as stub:
        token = stub.state("an access token", grant="authorization_code", scopes=["conversations"], user={})
        response = requests.post(
            f"{stub.url('genesys-cloud')}/api/v2/conversations/calls",
            headers={"Authorization": f"Bearer {token['accessToken']}"},
            json={"phoneNumber": "+13175550142"},
            timeout=10,
        )
        print(response.status_code, "refused by", stub.why(response)["refused_by"]["rule"])
        stub.reset()
    print(explain(REQUEST, facts={"token": {"grant": "client_credentials"}}).headline)
    print(len(load_contract()), "rows")
    done = verify(select="get_call/unknown-conversation")
    print("passed" if done.passed else "failed", [each.case_id for each in done.findings])


if __name__ == "__main__":  # verification spawns processes, which import this file
    main()
