// Pictures of every page, in both languages, light and dark, at three widths: into target/screens/.
// `npm run screens --prefix web -- today run` takes only the pages whose names begin so; `FAST=1` one language and theme.
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { open } from "./browser.js";
import { preview, reader, samples } from "./preview.js";

const folder = process.env.SCREENS || fileURLToPath(new URL("../../target/screens/", import.meta.url));
const WIDTHS = { wide: [1366, 768], tablet: [820, 1180], phone: [390, 844] };
const wanted = process.argv.slice(2);
const pairs = process.env.FAST
  ? [["fr", "light"]]
  : [["fr", "light"], ["fr", "dark"], ["en", "light"], ["en", "dark"]];

await mkdir(folder, { recursive: true });
const server = await preview();
const { context, close } = await open();
try {
  const page = await context.newPage();
  const pages = await samples(page, server.base);
  const chosen = Object.entries(pages).filter(([name]) => !wanted.length || wanted.some((w) => name.startsWith(w)));
  for (const [lang, theme] of pairs) {
    await reader(context, server.base, lang, theme);
    for (const [name, url] of chosen) {
      await page.goto(server.base + url);
      await page.evaluate(() => document.fonts.ready);
      for (const [width, [w, h]] of Object.entries(WIDTHS)) {
        await page.setViewportSize({ width: w, height: h });
        await page.screenshot({ path: `${folder}/${name}-${lang}-${theme}-${width}.png`, fullPage: width !== "wide" || !process.env.FOLD });
      }
    }
  }
  console.log(`${chosen.length * pairs.length * 3} pictures in ${folder}`);
} finally {
  await close();
  server.stop();
}
