#!/bin/sh
# A client of Genesys Cloud in plain shell: curl sends, jq reads. One JSON line in, one out.
set -u
body=$(mktemp)
trap 'rm -f "$body"' EXIT

printf '{"client": "%s"}\n' "$(curl --version | head -n 1 | cut -d ' ' -f 1,2)"
while read -r question; do
  eval "$(printf '%s' "$question" | jq -r '@sh "seq=\(.seq) login=\(.login) token=\(.token) operation=\(.operation)",
    @sh "calls=\(.api)/api/v2/conversations/calls request=\(.arguments.request | tojson)",
    (.arguments | @sh "user=\(.user_id // "" | @uri) conversation=\(.conversation_id // "" | @uri)",
                  @sh "client=\(.client_id):\(.client_secret)")')"
  set -- --header "Authorization: Bearer $token"
  case $operation in
    place_call) set -- "$calls" "$@" --json "$request" ;;
    place_call_for_agent) set -- "$calls/user/$user" "$@" --json "$request" ;;
    get_call) set -- "$calls/$conversation" "$@" ;;
    client_credentials) set -- "$login/oauth/token" --user "$client" --data grant_type=client_credentials ;;
    *) echo "this client has no operation $operation" >&2 && exit 1 ;;
  esac
  status=$(curl --silent --max-time 5 --output "$body" --write-out '%{http_code}' "$@") || exit 1
  jq --compact-output --argjson seq "$seq" --argjson status "$status" '
    if $status < 400 then {seq: $seq, status: $status, result: .}
    else {seq: $seq, status: $status, error: "refused", code: (.code // .error)} end' "$body" || exit 1
done
