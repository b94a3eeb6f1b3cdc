"""Read through the official Python SDK as `--ask` does, and print values of its models. Run in the SDK's venv."""

import json
import sys

import PureCloudPlatformClientV2 as sdk  # type: ignore[import-not-found]  # noqa: N813

port, token, user, queue = sys.argv[1:]
client = sdk.api_client.ApiClient()
client.set_gateway("127.0.0.1", "http", int(port), "", "genesys-cloud")
client.access_token = token
users, authorization = sdk.UsersApi(client), sdk.AuthorizationApi(client)
info, me = sdk.TokensApi(client).get_tokens_me(), users.get_users_me(expand=["station"])
subject, other = authorization.get_authorization_subjects_me(), users.get_user(user, expand=["station"])
station, read = sdk.StationsApi(client).get_station(user), sdk.RoutingApi(client).get_routing_queue(queue)
role = authorization.get_authorization_role(subject.grants[0].role.id)
policy = subject.grants[0].role.policies[0]
found = {
    "scopes": info.authorized_scope,
    "grant": info.o_auth_client.authorized_grant_type,
    "users": [me.id, other.id, station.user_id],
    "stations": [each.station.effective_station.id for each in (me, other)] + [station.id],
    "status": station.status,
    "divisions": [me.division.id, subject.grants[0].division.id, read.division.id],
    "policy": [policy.domain, policy.entity_name, policy.actions],
    "queue": read.id,
    "role": [role.id, role.permission_policies],
}
json.dump(found, sys.stdout)
