// Pictures of the pages, of a demo that this starts and ends: each page of the
// menu of each officer who has a console there, wide, narrow, at 200 % and in
// English and dark, into shots/, and what is printed as PDF; some of them, for
// README.md, into .github/readme.
import { spawn } from "node:child_process";
import { copyFile, mkdir, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const found = [process.env.KENDRA_CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => p && existsSync(p));
if (!found) throw new Error("no Chromium: run make setup, or set KENDRA_CHROMIUM");

const demo = spawn("./bin/kendra", ["demo", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise((done) => demo.on("exit", done));
let said = "";
const up = new Promise((done, fail) => {
  demo.stdout.on("data", (text) => {
    said += text;
    if (said.includes("from a second terminal")) done();
  });
  ended.then(() => fail(new Error("the demo ended:\n" + said)));
});

// How a page is looked at. A window of half the width with points twice as fine
// is what a browser shows at 200 %.
const looks = [
  { name: "wide", width: 1280, height: 800 },
  { name: "narrow", width: 320, height: 640, whole: true },
  { name: "zoomed", width: 640, height: 400, scale: 2, whole: true },
  { name: "dark-en", width: 1280, height: 800, lang: "en", scheme: "dark" },
];

const readme = { "centre_incharge / wide": "today.png", "dispatcher /tasks wide": "tasks.png", "centre_incharge /registers/squad wide": "register.png", "centre_incharge /coverage wide": "coverage.png", "centre_incharge /hotspots wide": "hotspots.png" };

async function shoot(page, origin, role, link, look) {
  await page.goto(origin + link);
  await page.waitForTimeout(300);
  const path = link.replace(/^\/console/, "").replace(/\?.*/, "");
  const file = `shots/${role}${path.replace(/[^a-z0-9]+/gi, "-")}-${look.name}.png`;
  await page.screenshot({ path: file, fullPage: look.whole });
  const kept = readme[`${role} ${path} ${look.name}`];
  if (kept) await copyFile(file, `.github/readme/${kept}`);
  console.log(file, (await stat(file)).size);
}

async function print(page, address, name) {
  await page.goto(address);
  await page.pdf({ path: `shots/${name}.pdf`, preferCSSPageSize: true });
}

try {
  await up;
  const origin = /console {5}(http:\/\/localhost:\d+)/.exec(said)[1];
  const doors = [...said.matchAll(/^ {2}(\w+) +\S+ \S+ +(http:\/\/localhost:\d+\/[0-9a-f]{32})$/gm)];
  if (doors.length < 3) throw new Error("no log-ins in what the demo says:\n" + said);
  await mkdir("shots", { recursive: true });
  const browser = await chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
  for (const [, role, door] of doors) {
    const context = await browser.newContext({ locale: "hi-IN", timezoneId: "Asia/Kolkata" });
    const page = await context.newPage();
    await page.goto(door);
    await page.click("button");
    await page.waitForLoadState();
    const links = await page.$$eval("nav.menu a", (list) => list.map((a) => a.getAttribute("href")));
    if (role === "centre_incharge") {
      links.push("/console/complaints/new", "/console/style", "/console/registers/squad");
      await page.goto(`${origin}/console/complaints`);
      links.push(await page.getAttribute("table.list tbody a", "href"));
      await print(page, `${origin}/console/registers/squad/print`, "register");
    }
    const storageState = await context.storageState();
    for (const look of looks) {
      const { width, height } = look;
      const other = await browser.newContext({
        locale: "hi-IN", timezoneId: "Asia/Kolkata", storageState, viewport: { width, height }, deviceScaleFactor: look.scale ?? 1, colorScheme: look.scheme ?? "light",
      });
      const eye = await other.newPage();
      await eye.goto(`${origin}/console/help`);
      if (look.lang) {
        await eye.click("form[action$='/language'] button");
        await eye.waitForLoadState();
      }
      for (const link of links) await shoot(eye, origin, role, link, look);
      await other.close();
    }
    await context.close();
  }
  await browser.close();
} finally {
  demo.kill("SIGINT");
  await ended;
}
