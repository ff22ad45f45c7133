// Passkeys, with Chromium's own virtual authenticator, on a real server: `node passkeys.js BASE SIGN-IN-LINK`. Ends with 0 and
// a line for each thing that held; the server's tests run it.
import AxeBuilder from "@axe-core/playwright";
import { open } from "./browser.js";

const [base, link] = process.argv.slice(2);
const password = "une phrase pour les tests";
const { context, close } = await open({ viewport: { width: 1366, height: 900 }, locale: "en-GB" });
const faults = [];
const held = (yes, what) => (yes ? console.log(`held: ${what}`) : faults.push(what));

try {
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text());
  });
  const devices = await context.newCDPSession(page);
  await devices.send("WebAuthn.enable");
  const make = async (options) => (await devices.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  })).authenticatorId;
  let device = await make({});
  const axe = async (where) => {
    const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
    for (const v of violations) faults.push(`${where}: ${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 160)}`);
  };
  const submit = async (selector) => {
    await Promise.all([page.waitForEvent("framenavigated"), page.locator(selector).click()]);
    await page.waitForLoadState();
  };
  const at = () => new URL(page.url()).pathname;
  const signOut = () => submit(".sign-out button");
  const withPassword = async () => {
    await page.goto(`${base}/sign-in`);
    await page.fill("#name", "admin");
    await page.fill("#password", password);
    await submit("form.form button[type=submit]");
  };

  await page.goto(link);
  for (const field of ["password", "again"]) await page.fill(`[name=${field}]`, password);
  await submit("form.form button[type=submit]");
  await page.goto(`${base}/account`);
  await axe("account");
  await page.fill("#passkey-name", "Virtual key");
  await submit("form.passkey button");
  held(at() === "/account/once", `a passkey is added (at ${at()})`);
  held((await page.locator(".codes li").count()) === 10, "recovery codes come with the first factor");
  await axe("once");
  await page.goto(`${base}/account`);
  held(await page.getByText("Virtual key").first().isVisible(), "the passkey is listed by its name");
  await axe("account with a passkey");
  const answer = page.waitForResponse((r) => r.url().endsWith("/account/passkeys/question"));
  await page.locator("form.passkey button").click();
  await answer;
  await page.waitForFunction(() => document.querySelector(".passkey-said").textContent !== "");
  held(at() === "/account", "the same device is not enrolled twice");

  await signOut();
  await withPassword();
  held(at() === "/sign-in/second", "after the password the passkey is asked");
  await axe("second factor");
  await page.locator("form.passkey button").focus();
  await Promise.all([page.waitForEvent("framenavigated"), page.keyboard.press("Enter")]);
  await page.waitForLoadState();
  held(at() === "/", `a passkey is a second factor, by keyboard (at ${at()})`);

  await signOut();
  await page.goto(`${base}/sign-in?next=/runs`);
  await axe("sign-in");
  await submit("form.passkey button");
  held(at() === "/runs", `a passkey alone opens, without a name (at ${at()})`);

  await signOut();
  await devices.send("WebAuthn.setUserVerified", { authenticatorId: device, isUserVerified: false });
  await page.goto(`${base}/sign-in`);
  await page.locator("form.passkey button").click();
  await page.waitForFunction(() => document.querySelector(".passkey-said").textContent !== "", null, { timeout: 20000 });
  held(at() === "/sign-in", "whoever holds the device but not its finger does not come in");
  await devices.send("WebAuthn.setUserVerified", { authenticatorId: device, isUserVerified: true });

  // An answer that was caught on its way serves nobody again.
  let caught = null;
  await page.route("**/sign-in/passkey", async (route) => {
    caught = route.request().postData();
    await route.continue();
  });
  await page.goto(`${base}/sign-in`);
  await submit("form.passkey button");
  await page.unroute("**/sign-in/passkey");
  await signOut();
  await page.goto(`${base}/sign-in`);
  const replayed = await page.evaluate(async (body) => {
    await fetch("/sign-in/passkey/question", { method: "POST" });
    const answer = await fetch("/sign-in/passkey", { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" }, redirect: "manual" });
    return answer.status;
  }, caught);
  held(replayed === 422, `an old answer to a new question is refused (${replayed})`);

  // A copy of the device, which knows the key but not how often it has served.
  const { credentials } = await devices.send("WebAuthn.getCredentials", { authenticatorId: device });
  await devices.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: device });
  device = await make({});
  await devices.send("WebAuthn.addCredential", { authenticatorId: device, credential: { ...credentials[0], signCount: 0 } });
  await page.goto(`${base}/sign-in`);
  await submit("form.passkey button");
  held(at() === "/sign-in/passkey" && (await page.locator("#refusal").innerText()).includes("copy"), `a copied passkey is refused (at ${at()})`);

  // A device that this server does not know.
  await devices.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: device });
  device = await make({});
  const stranger = { ...credentials[0], credentialId: Buffer.from("somebody else's").toString("base64"), signCount: 9 };
  await devices.send("WebAuthn.addCredential", { authenticatorId: device, credential: stranger });
  await page.goto(`${base}/sign-in`);
  await submit("form.passkey button");
  held((await page.locator("#refusal").count()) === 1, "an unknown passkey is refused");

  // Without JavaScript the other ways serve.
  const bare = await context.browser()?.newContext({ javaScriptEnabled: false });
  if (bare) {
    const still = await bare.newPage();
    await still.goto(`${base}/sign-in`);
    held(!(await still.locator("form.passkey").isVisible()) && (await still.locator("#password").isVisible()), "without JavaScript the button is not there");
    await bare.close();
  }
} catch (error) {
  faults.push(error.stack);
} finally {
  await close();
}
if (faults.length) {
  console.error(`${faults.length} faults:\n${faults.join("\n")}`);
  process.exitCode = 1;
}
