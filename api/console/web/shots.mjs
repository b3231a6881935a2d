// Pictures of the pages, of a demo that this starts and ends: each page of the
// menu of each officer who has a console there, wide and narrow, into shots/;
// three of them, for README.md, into .github/readme.
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

const readme = { "centre_incharge / wide": "today.png", "dispatcher /tasks wide": "tasks.png", "centre_incharge /registers/squad wide": "register.png" };

try {
  await up;
  const origin = /console {5}(http:\/\/localhost:\d+)/.exec(said)[1];
  const doors = [...said.matchAll(/^ {2}(\w+) +\S+ \S+ +(http:\/\/localhost:\d+\/[0-9a-f]{32})$/gm)];
  if (doors.length < 3) throw new Error("no log-ins in what the demo says:\n" + said);
  await mkdir("shots", { recursive: true });
  const browser = await chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
  for (const [, role, door] of doors) {
    const page = await browser.newPage({ locale: "hi-IN", timezoneId: "Asia/Kolkata" });
    await page.goto(door);
    await page.click("button");
    await page.waitForLoadState();
    const links = await page.$$eval("nav.menu a", (list) => list.map((a) => a.getAttribute("href")));
    if (role === "centre_incharge") {
      links.push("/console/complaints/new", "/console/style", "/console/registers/squad");
      await page.goto(`${origin}/console/complaints`);
      links.push(await page.getAttribute("table.list tbody a", "href"));
    }
    for (const link of links) {
      for (const [name, width] of [["wide", 1280], ["narrow", 320]]) {
        await page.setViewportSize({ width, height: name === "wide" ? 800 : 640 });
        await page.goto(origin + link);
        await page.waitForTimeout(400);
        const path = link.replace(/^\/console/, "").replace(/\?.*/, "");
        const file = `shots/${role}${path.replace(/[^a-z0-9]+/gi, "-")}-${name}.png`;
        await page.screenshot({ path: file, fullPage: name === "narrow" });
        const kept = readme[`${role} ${path} ${name}`];
        if (kept) await copyFile(file, `.github/readme/${kept}`);
        console.log(file, (await stat(file)).size);
      }
    }
    await page.close();
  }
  await browser.close();
} finally {
  demo.kill("SIGINT");
  await ended;
}
