// `npm test --prefix web`: accessibility and keyboard checks, in Chromium, on the preview or on the server that BASE_URL
// names (then SIGN_IN_URL is a one-time link, if one is needed: it sets a password, and the pages are found by their links).
import AxeBuilder from "@axe-core/playwright";
import { open } from "./browser.js";
import { preview, reader, samples } from "./preview.js";
import { keyboard } from "./keyboard.js";
import { NARROW, layout } from "./layout.js";
import { live } from "./live.js";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const faults = [];
const note = (where, what) => faults.push(`${where}: ${what}`);

async function axe(page, where) {
  // What Swagger UI draws is its own house: its headings and landmarks are not ours to set. Our page around it is.
  const axe = new AxeBuilder({ page }).withTags(RULES);
  if (await page.locator("#api").count()) axe.exclude("#api").disableRules(["landmark-no-duplicate-main"]);
  const { violations } = await axe.analyze();
  for (const v of violations) note(where, `${v.id} (${v.impact}): ${v.help}\n    ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)}\n      ${n.failureSummary.split("\n").slice(1, 3).join(" ")}`).join("\n    ")}`);
}

/** The pages of a live server: those that its own pages link to, at most forty. */
async function linked(page, base) {
  if (process.env.SIGN_IN_URL) {
    await page.goto(process.env.SIGN_IN_URL);
    const password = "une phrase pour les tests";
    for (const field of ["password", "again"]) await page.fill(`[name=${field}]`, password);
    await page.locator("form.form button[type=submit]").click();
    await page.waitForLoadState();
  }
  const found = { "/": "/", "/sign-in": "/sign-in", "/nowhere": "/nowhere-at-all" };
  for (const url of Object.keys(found)) {
    if (Object.keys(found).length >= 40) break;
    await page.goto(base + url);
    const hrefs = await page.locator("main a[href^='/'], .side a[href^='/']").evaluateAll((as) => as.filter((a) => !a.download).map((a) => a.getAttribute("href").split("#")[0]));
    for (const href of hrefs) if (!href.startsWith("/api/") && Object.keys(found).length < 40) found[href] ??= href;
  }
  return found;
}

const server = await preview();
const { context, close } = await open({ viewport: { width: 1366, height: 768 } });
let seen = 0;
try {
  const page = await context.newPage();
  page.on("console", (message) => {
    // A page that does not exist is asked for on purpose; the browser says so.
    if (message.type() === "error" && !/status of (4\d\d|503)/.test(message.text())) note(page.url(), `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => note(page.url(), `script: ${error.message}`));
  await reader(context, server.base, "fr", "light");
  const pages = server.live ? await linked(page, server.base) : await samples(page, server.base);
  for (const [lang, theme] of [["fr", "light"], ["en", "dark"]]) {
    await reader(context, server.base, lang, theme);
    for (const [name, url] of Object.entries(pages)) {
      const where = `${name} (${lang}, ${theme})`;
      await page.goto(server.base + url);
      await axe(page, where);
      // Words differ most where there is the least room.
      for (const what of await layout(page, lang === "fr" ? undefined : NARROW)) note(where, what);
      await page.setViewportSize({ width: 1366, height: 768 });
      seen += 1;
    }
  }
  for (const what of await keyboard(context, page, server, pages)) note("keyboard", what);
  if (!server.live) for (const what of await live(page, server, pages)) note("live", what);
} catch (error) {
  note("the tests themselves", error.stack);
} finally {
  await close();
  server.stop();
}
if (faults.length) {
  console.error(`${faults.length} faults:\n\n${faults.join("\n\n")}`);
  process.exitCode = 1;
} else {
  console.log(`${seen} pages: nothing to say by axe, by their layout at three widths, by the keyboard, by a cut link.`);
}
