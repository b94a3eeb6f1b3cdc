#!/bin/sh
# A client of Genesys Cloud in plain shell: curl sends, jq reads. One JSON line in, one out.
set -u
body=$(mktemp)
trap 'rm -f "$body"' EXIT

printf '{"client": "%s"}\n' "$(curl --version | head -n 1 | cut -d ' ' -f 1,2)"
while read -r question; do
  eval "$(printf '%s' "$question" | jq -r '@sh "seq=\(.seq) login=\(.login) token=\(.token) operation=\(.operation)",
    @sh "conversations=\(.api)/api/v2/conversations request=\(.arguments.request | tojson)",
    (.arguments | @sh "user=\(.user_id // "" | @uri) conversation=\(.conversation_id // "" | @uri)",
                  @sh "client=\(.client_id):\(.client_secret)")')"
  set -- --header "Authorization: Bearer $token"
  case $operation in
    place_call) set -- "$conversations/calls" "$@" --json "$request" ;;
    place_call_for_agent) set -- "$conversations/calls/user/$user" "$@" --json "$request" ;;
    get_call) set -- "$conversations/calls/$conversation" "$@" ;;
    hang_up) set -- "$conversations/$conversation/disconnect" "$@" --request POST ;;
    create_callback) set -- "$conversations/callbacks" "$@" --json "$request" ;;
    client_credentials) set -- "$login/oauth/token" --user "$client" --data grant_type=client_credentials ;;
    *) echo "this client has no operation $operation" >&2 && exit 1 ;;
  esac
  status=$(curl --silent --max-time 5 --output "$body" --write-out '%{http_code}' "$@") || exit 1
  jq --null-input --compact-output --argjson seq "$seq" --argjson status "$status" '
    (try input catch {}) as $said | # an empty body is none
    if $status < 400 then {seq: $seq, status: $status, result: $said}
    else {seq: $seq, status: $status, error: "refused", code: ($said.code // $said.error)} end' "$body" || exit 1
done
