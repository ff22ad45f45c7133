// The real OpenID Connect provider of npm, for the server's tests: `node oidc-provider.js PORT BACK-URL PKCE`.
// It says what it does on its standard output; `POST /test/who` (JSON) names the person who signs in from then on.
import { Provider } from "oidc-provider";

const [port, back, pkce] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const scope = "openid profile groups";
let who = { sub: "7001", preferred_username: "zoe", groups: ["techs"] };
const known = new Map();

const provider = new Provider(issuer, {
  clients: [{
    client_id: "socle", client_secret: "a-secret-of-the-service-only", redirect_uris: [back], grant_types: ["authorization_code"],
    response_types: ["code"], post_logout_redirect_uris: [back.replace("/sign-in/service/back", "/sign-in")],
  }],
  pkce: { required: () => pkce === "pkce" },
  scopes: ["openid", "profile", "groups"],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  conformIdTokenClaims: false, // the claims stand in the ID token
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => known.get(sub) ?? { sub } }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope(scope);
    await grant.save();
    return grant;
  },
  cookies: { keys: ["only for tests"] },
});

provider.use(async (ctx, next) => {
  if (ctx.path === "/test/who") {
    const pieces = [];
    for await (const piece of ctx.req) pieces.push(piece);
    who = JSON.parse(Buffer.concat(pieces).toString());
    ctx.body = "ok";
    return;
  }
  if (ctx.path.startsWith("/interaction/")) {
    known.set(who.sub, who);
    ctx.respond = false;
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: who.sub } }, { mergeWithLastSubmission: false });
    return;
  }
  await next();
});
for (const event of ["server_error", "grant.error", "authorization.error"]) {
  provider.on(event, (_ctx, error) => console.error(event, error.message, error.error_description ?? ""));
}
provider.listen(Number(port), "127.0.0.1", () => console.log(issuer));
process.stdin.on("end", () => process.exit(0)).resume(); // ends with who started it
