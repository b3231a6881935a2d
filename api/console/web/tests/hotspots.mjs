// A list of hot-spots: the in-charge puts it together, the circle officer agrees, the plan of the day appears.
import { ask, at, close, config, must, scene, url, violations } from "./stage.mjs";

const wrong = [];
let looked = 0;

/** Looks at the page as it stands, in both languages, narrow and wide. */
async function look(page, state) {
  for (const turn of [1, 2]) {
    const lang = await page.getAttribute("html", "lang");
    for (const [width, scheme] of [[320, "light"], [1440, "dark"]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      looked++;
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) wrong.push(`${state} ${lang} at ${width}: ${over} px too wide`);
      for (const v of await violations(page)) wrong.push(`${state} ${lang} ${width} ${scheme}: ${v}`);
    }
    await page.click("form[action$='/language'] button");
    await page.waitForLoadState();
    must((await page.getAttribute("html", "lang")) !== lang || turn === 2, "the language does not change");
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

const gate = await ask("place", { code: "gate", kind: "school", lat: 25.22, lon: 80.92 });
const market = await ask("place", { code: "market", kind: "market", lat: 25.24, lon: 80.94 });
const setting = "form[action$='/ops/hotspots.set'] button.main";

await scene("she decides a list of hot-spots, her circle officer agrees, and the plan of the day appears", async () => {
  let page = await at("incharge", "/hotspots");
  must((await page.locator("#list .none").count()) === 1 && (await page.locator("#plan").count()) === 0, "there is a list before any");
  await look(page, "no list");
  await ask("told", { place: gate });
  await page.goto(url("/hotspots"));
  await page.locator("select[name=add]").selectOption(market);
  await page.click("form[action$='/hotspots#set'] button");
  await page.locator(`[id="f.t.${gate}"]`).check();
  await page.fill(`[id="f.w.${gate}"]`, "9");
  await page.locator(`input[name="f.s.${market}"][value="beat"]`).check();
  must((await page.inputValue(`[id="f.hf.${gate}"]`)) === "14:00", "the hours that were told are not filled in");
  await page.click(setting);
  await page.waitForURL(/done=/);
  must((await page.locator("#draft tbody tr").count()) === 2, "no draft of two places");
  must((await page.locator("form[action$='/ops/hotspots.agree']").count()) === 0, "she may agree to her own list");
  await look(page, "a draft");
  await page.context().close();

  page = await at("circle", `/hotspots?centre=KRW`);
  await look(page, "to be agreed");
  await page.click("form[action$='/ops/hotspots.agree'] button.main");
  await page.waitForURL(/done=/);
  must((await page.locator("#list tbody tr").count()) === 2 && (await page.locator("#draft").count()) === 0, "it is not in force");
  await page.context().close();

  await ask("pass", { seconds: 49 * 3600 }); // Friday, 11
  page = await at("incharge", "/hotspots");
  const stops = page.locator("#plan ol.plan li");
  must((await stops.count()) === 2, `${await stops.count()} stops`);
  must((await stops.allTextContents()).some((s) => s.includes("14:00–16:00")), "the hours are not in the plan");
  await look(page, "in force");
  await page.click("#plan a.button");
  must((await page.locator("[name='f.task_kind'][value=hotspot_round]").isChecked()) && (await page.inputValue("[name='f.text']")).includes("gate"), "the task is not filled in");
  await page.goto(url("/hotspots?month=2026-12"));
  must((await page.locator(".note.warn").first().textContent()).length > 0 && (await page.locator("#plan").count()) === 0, "December is not said to be carried over");
  await look(page, "carried over");
  await page.goto(url("/map"));
  await page.waitForSelector(".map path.m-spot");
  must((await page.locator(".map path.m-spot").count()) === 2, "they are not on the map");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  must((await ask("count", { kind: "hotspots.set" })) === 1 && (await ask("count", { kind: "hotspots.agree" })) === 1, "not one entry each");
  must(wrong.length === 0, `${wrong.length} found:\n${wrong.slice(0, 30).join("\n")}`);
  return { "pages looked at": looked, violations: 0 };
});

await scene("without script the week is looked at, and a list of the next month is set", async () => {
  const page = await at("incharge", "/hotspots", { javaScriptEnabled: false });
  await page.locator(`[id="f.r.${market}"]`).selectOption("worse");
  await page.locator(`[id="f.r.${gate}"]`).selectOption("quieter");
  await page.locator(`input[name="f.k.${gate}"]`).uncheck();
  await page.locator(`input[name="f.present_by"][value="${config.people.incharge.ID}"]`).check();
  await page.click("#review button.main");
  await page.waitForURL(/done=/);
  must((await page.locator("#plan .tag").allTextContents()).some((s) => s.includes("ख़राब")), "the plan does not know that it is worse");
  await page.goto(url("/hotspots?month=2026-12"));
  await page.locator(`[id="f.t.${gate}"]`).uncheck();
  await page.click(setting);
  await page.waitForURL(/done=/);
  must((await page.locator("#draft tbody tr").count()) === 1, "it is not a draft of one place");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
});

await close();
