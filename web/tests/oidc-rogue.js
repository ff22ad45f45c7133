// A sign-in service that lies, for the server's tests: `node oidc-rogue.js PORT`. The code that it is asked for says how the
// ID token is to be wrong. Its keys are honest, so that only the lie is.
import { createServer } from "node:http";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";

const port = Number(process.argv[2]);
const issuer = `http://localhost:${port}`;
const [honest, other] = [0, 1].map(() => generateKeyPairSync("rsa", { modulusLength: 2048 }));
const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const jwk = { ...honest.publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" };
let nonce = "";

function token(lie) {
  const now = Number(process.env.NOW ?? Math.floor(Date.now() / 1000));
  const claims = { iss: issuer, sub: "666", aud: "socle", iat: now, exp: now + 300, nonce, preferred_username: "mallory", groups: [] };
  const head = { alg: "RS256", kid: "1" };
  const change = {
    honest: () => {}, nonce: () => (claims.nonce = "another"), "no-nonce": () => delete claims.nonce,
    audience: () => (claims.aud = "somebody-else"), audiences: () => (claims.aud = ["socle", "somebody-else"]),
    issuer: () => (claims.iss = "http://localhost:1"), expired: () => Object.assign(claims, { iat: now - 7200, exp: now - 3600 }),
    none: () => (head.alg = "none"), hmac: () => (head.alg = "HS256"), "other-key": () => {}, altered: () => {},
  }[lie];
  if (!change) throw new Error(`no lie called ${lie}`);
  change();
  const text = `${b64(head)}.${b64(claims)}`;
  if (lie === "none") return `${text}.`;
  // The public key taken for a shared secret: the oldest of these tricks.
  if (lie === "hmac") return `${text}.${createHmac("sha256", honest.publicKey.export({ type: "spki", format: "pem" })).update(text).digest("base64url")}`;
  const signature = sign("sha256", Buffer.from(text), (lie === "other-key" ? other : honest).privateKey).toString("base64url");
  if (lie === "altered") return `${b64(head)}.${b64({ ...claims, sub: "1" })}.${signature}`;
  return `${text}.${signature}`;
}

createServer((request, response) => {
  const url = new URL(request.url, issuer);
  const say = (value) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (url.pathname === "/.well-known/openid-configuration") {
    return say({
      issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`,
      response_types_supported: ["code"], subject_types_supported: ["public"], id_token_signing_alg_values_supported: ["RS256"],
    });
  }
  if (url.pathname === "/jwks") return say({ keys: [jwk] });
  if (url.pathname === "/nonce") {
    nonce = url.searchParams.get("is");
    return say({});
  }
  if (url.pathname === "/token") {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      const code = new URLSearchParams(body).get("code");
      if (code === "endless") { // never stops talking
        response.writeHead(200, { "content-type": "application/json" });
        const more = () => { while (response.write(" ".repeat(65536)) && !response.destroyed); };
        response.on("drain", more);
        return more();
      }
      say({ access_token: "x", token_type: "Bearer", expires_in: 300, id_token: token(code) });
    });
    return undefined;
  }
  return response.writeHead(404).end();
}).listen(port, "127.0.0.1", () => console.log(issuer));
process.stdin.on("end", () => process.exit(0)).resume();
