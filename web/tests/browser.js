// Debian's Chromium, driven by playwright-core, with a profile of its own that is thrown away.
import { mkdtemp, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
];

export async function open(options = {}) {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
  if (!executablePath) {
    console.error("Chromium is missing: run `cargo xtask setup --browser`, or `apt-get install chromium`.");
    process.exit(1);
  }
  const profile = await mkdtemp(join(tmpdir(), "socle-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, args: FLAGS, headless: true, timezoneId: "Europe/Paris", reducedMotion: "reduce", ...options,
  });
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, close };
}
