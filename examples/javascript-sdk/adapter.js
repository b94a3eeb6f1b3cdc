// Plays rows through Genesys Cloud's official JavaScript SDK: one JSON line in, one out.
const { createInterface } = require('node:readline');
const sdk = require('purecloud-platform-client-v2');
const { version } = require('purecloud-platform-client-v2/package.json');

const client = sdk.ApiClient.instance;
const calls = new sdk.ConversationsApi();
client.setReturnExtendedResponses(true);
client.config.refresh_access_token = false; // a 401 is an answer: no login and a second request after it

const operations = {
  place_call: ({ request }) => calls.postConversationsCalls(request),
  place_call_for_agent: ({ user_id, request }) => calls.postConversationsCallsUserUserId(user_id, request),
  get_call: ({ conversation_id }) => calls.getConversationsCall(conversation_id),
  hang_up: ({ conversation_id }) => calls.postConversationDisconnect(conversation_id),
  create_callback: ({ request }) => calls.postConversationsCallbacks(request),
  client_credentials: ({ client_id, client_secret }) => client.loginClientCredentialsGrant(client_id, client_secret),
  authorization_code: ({ client_id, client_secret, code, redirect_uri }) =>
    client.loginCodeAuthorizationGrant(client_id, client_secret, code, redirect_uri),
  authorization_code_with_pkce: ({ client_id, code_verifier, code, redirect_uri }) =>
    client.authorizePKCEGrant(client_id, code_verifier, code, redirect_uri),
  refresh: ({ client_id, client_secret, refresh_token }) =>
    client.refreshCodeAuthorizationGrant(client_id, client_secret, refresh_token),
  saml2_bearer: ({ client_id, client_secret, org_name, assertion }) =>
    client.loginSaml2BearerGrant(client_id, client_secret, org_name, assertion),
};

async function play({ seq, api, token, operation, arguments: given }) {
  const { protocol, hostname, port } = new URL(api);
  client.setGateway({ protocol: protocol.slice(0, -1), host: hostname, port: Number(port) });
  client.setAccessToken(token);
  try {
    const { status, body } = await operations[operation](given);
    return { seq, status, result: body ? { id: body.id } : {} };
  } catch (refused) {
    const { status, body, data } = refused.response ?? refused;
    const said = body ?? data;
    if (!status) throw refused;
    return { seq, status, code: said.code ?? said.error, error: 'refused' };
  }
}

(async () => {
  console.log(JSON.stringify({ client: `purecloud-platform-client-v2 ${version}` }));
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await play(JSON.parse(line))));
  }
})();
