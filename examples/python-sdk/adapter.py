"""Plays rows through Genesys Cloud's official Python SDK: one JSON line in, one out."""

import json
import sys
from importlib.metadata import version
from urllib.parse import urlsplit

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import urllib3
from PureCloudPlatformClientV2 import default_http_client, rest

HTTP = default_http_client.DefaultHttpClient()
# Left alone, the SDK repeats a POST: after a 429 ten times, after a lost connection as often.
HTTP.rest_client.pool_manager.connection_pool_kw["retries"] = urllib3.Retry(0)


def model(kind, data):
    """One of the SDK's models from the fields of a message."""
    made = kind()
    for name, field in made.attribute_map.items():
        if field in data:
            setattr(made, name, data[field])
    if "participants" in data:
        made.participants = [model(sdk.Destination, each) for each in data["participants"]]
    return made


def send(client, operation, a):
    kind = sdk.CreateCallbackCommand if operation == "create_callback" else sdk.CreateCallRequest
    calls, request = sdk.ConversationsApi(client), model(kind, a.get("request", {}))
    return {
        "place_call": lambda: calls.post_conversations_calls(request),
        "place_call_for_agent": lambda: calls.post_conversations_calls_user_user_id(a["user_id"], request),
        "get_call": lambda: calls.get_conversations_call(a["conversation_id"]),
        "hang_up": lambda: calls.post_conversation_disconnect(a["conversation_id"]),
        "create_callback": lambda: calls.post_conversations_callbacks(request),
        "client_credentials": lambda: client.get_client_credentials_token(**a),
        "authorization_code": lambda: client.get_code_authorization_token(auth_code=a.pop("code"), **a),
        "authorization_code_with_pkce": lambda: client.get_pkce_token(auth_code=a.pop("code"), **a),
        "refresh": lambda: client.refresh_code_authorization_token(**a),
        "saml2_bearer": lambda: client.get_saml2bearer_token(**a),
    }[operation]()


def play(row):
    client, api = sdk.ApiClient(), urlsplit(row["api"])
    client.set_http_client(HTTP)
    client.set_gateway(api.hostname, api.scheme, api.port, "", "")
    client.access_token = row["token"]
    try:
        told = send(client, row["operation"], row["arguments"])
    except rest.ApiException as refused:
        said = json.loads(refused.body)
        return {"error": "ApiException", "status": refused.status, "code": said.get("code") or said["error"]}
    if hasattr(told, "id"):
        return {"status": client.last_response.status, "result": {"id": told.id}}
    return {"result": {"expires_in": told[1]["expires_in"]} if isinstance(told, tuple) else {}}


print(json.dumps({"client": f"PureCloudPlatformClientV2 {version('PureCloudPlatformClientV2')}"}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"seq": question["seq"], **play(question)}), flush=True)
