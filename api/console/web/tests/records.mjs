// Records: a line put right at its page, what goes on paper, an inspection.
import { again, ask, at, close, fillComplaint, must, scene, sendComplaint, url } from "./stage.mjs";

const mm = (points) => Math.round((points * 25.4) / 72);

/** The sheets of a PDF as its own lists have them: width and height in millimetres. */
function sheets(pdf) {
  const text = pdf.toString("latin1");
  const boxes = [...text.matchAll(/\/Type\s*\/Page\b(?!s)[\s\S]*?\/MediaBox\s*\[([^\]]*)\]/g)];
  return boxes.map(([, box]) => {
    const [left, bottom, right, top] = box.trim().split(/\s+/).map(Number);
    return [mm(right - left), mm(top - bottom)];
  });
}

/** What a sheet of paper would show: the words of the page as it is printed. */
async function printed(page) {
  await page.emulateMedia({ media: "print" });
  const text = await page.evaluate(() => document.body.innerText);
  const pdf = await page.pdf({ preferCSSPageSize: true });
  await page.emulateMedia({ media: null });
  return { text, sheets: sheets(pdf) };
}

const near = (got, want) => Math.abs(got[0] - want[0]) <= 1 && Math.abs(got[1] - want[1]) <= 1;
const struck = (e) => getComputedStyle(e).textDecorationLine.includes("line-through");

await scene("a line is put right by a new one, and the old one stays to be read, struck", async () => {
  await ask("note", { who: "beat" });
  await ask("note", { who: "beat" });
  const page = await at("incharge", "/registers/women_beat");
  const first = await page.textContent("table.register tbody tr:first-child th a");
  await page.click("table.register tbody tr:first-child th a");
  await page.click("a[href*='/correct']");
  must((await page.inputValue('[name="f.visit.women"]')) === "12", "what stands there is not filled in");
  await page.fill('[name="f.visit.women"]', "21");
  await page.fill('[name="f.reason"]', "गिनती में त्रुटि");
  await page.locator("form.op").first().locator("button.main").click();
  await page.waitForSelector(".note.good");
  must((await page.textContent(".no")) === first.trim(), "it does not lead back to the line");
  const old = await page.textContent("dl.facts.struck");
  must(old.includes("12"), `the old line does not say any more what it said: ${old}`);
  must(await page.locator("dl.facts.struck dd").first().evaluate(struck), "it is not struck");
  const next = await page.textContent(".note.warn a");
  await page.click(".note.warn a");
  must((await page.textContent(".no")) === next, "the new line is another");
  must((await page.textContent("dl.facts")).includes("21"), "the new line does not say what is right");
  await page.goto(url("/registers/women_beat"));
  const lines = await page.$$eval("table.register tbody tr", (all) => all.map((tr) => [tr.querySelector("th a").textContent, tr.classList.contains("struck")]));
  must(lines.length === 3 && lines.filter(([, is]) => is).length === 1, JSON.stringify(lines));
  must(lines.some(([no, is]) => no === first && is) && lines.some(([no, is]) => no === next && !is), `${first}, ${next}: ${JSON.stringify(lines)}`);
  await page.goBack(); // the form that was sent is a page back: again it is no other entry
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
});

const her = { complainant_name: "कमला देवी", mobile: "9450012345", address: "ग्राम तरौंहा, पोस्ट खोही", account: "आवेदिका ने बताया कि पति मारपीट करता है।", opposite_party: "रामलाल" };

await scene("her slip is one sheet of the roll or of A4, with her number and nothing of her", async () => {
  const page = await at("desk", "/complaints/new");
  await fillComplaint(page, her);
  await page.waitForFunction(() => location.search.includes("draft=")); // what was typed is kept by now
  await page.click(sendComplaint);
  await page.waitForSelector(".slip");
  const [number, secret, line] = await page.$$eval(".slip dd", (all) => all.map((d) => d.textContent.trim()));
  must(/^[0-9A-Z-]{8,}$/.test(number) && secret.length >= 6 && line.includes("/HD/"), `${number} ${secret.length} ${line}`);
  const facts = {};
  for (const [paper, size] of [["roll", [80, 170]], ["a4", [210, 297]]]) {
    await page.evaluate(() => (window.print = () => (window.asked = true))); // no dialog here
    await page.click(`button[data-paper=${paper}]`);
    must(await page.evaluate(() => window.asked), "it is not printed");
    const p = await printed(page);
    must(p.sheets.length === 1 && near(p.sheets[0], size), `${paper}: ${JSON.stringify(p.sheets)}`);
    for (const has of [number, secret, line, "112", "1090", "181"]) must(p.text.includes(has), `${paper}: ${has} is not on it:\n${p.text}`);
    const officer = await page.textContent(".me summary");
    const menu = await page.$$eval("nav.menu a", (all) => all.map((a) => a.textContent));
    for (const no of [...Object.values(her), "घरेलू", "खोही", officer, ...menu]) must(!p.text.includes(no.trim()), `${paper}: ${no} is on it:\n${p.text}`);
    for (const b of await page.locator("button:visible, form:visible").all()) must(await b.evaluate((e) => !e.closest(".slip")), "a button is on it");
    facts[paper] = p.sheets.map((s) => s.join(" x ") + " mm").join(", ");
  }
  must(!page.url().includes(number) && !(await page.title()).includes(number), "her number is in an address or a title");
  const before = await ask("count", { kind: "complaint.open" });
  await page.reload(); // the form is sent once more
  must((await page.textContent(".slip dd.big")) === number && (await ask("count", { kind: "complaint.open" })) === before, "loaded anew it is another complaint");
  await page.goBack();
  await page.waitForSelector(".lead .no");
  must((await page.textContent(".no")) === line, "the way back does not lead to what became of the form");
  must(page.complaints.length === 0, page.complaints.join("\n"));
  await page.context().close();
  return facts;
});

await scene("a month of a register prints as the paper has it: wide sheets, struck lines, no buttons, nothing sealed", async () => {
  const page = await at("incharge", "/registers/women_beat");
  const facts = {};
  for (const register of ["women_beat", "help_desk"]) {
    await page.goto(url(`/registers/${register}`));
    await page.click(`a[href*='/registers/${register}/print']`);
    await page.waitForSelector(".paper");
    const p = await printed(page);
    must(p.sheets.length === 1 && near(p.sheets[0], [297, 210]), `${register}: ${JSON.stringify(p.sheets)}`);
    const head = await page.textContent(".paper-title");
    for (const has of [head.trim(), "नवम्बर", "2026", "सीता देवी"]) must(p.text.includes(has), `${register}: ${has} is not on it:\n${p.text}`);
    const menu = await page.$$eval("nav.menu a", (all) => all.map((a) => a.textContent.trim()));
    for (const no of Object.values(her)) must(!p.text.includes(no), `${register}: ${no} is on it`);
    await page.emulateMedia({ media: "print" });
    must((await page.locator("nav.menu:visible, header.top:visible, .no-print:visible, button:visible").count()) === 0, `${register}: ${menu.length} pages of the menu or a button are on it`);
    const rows = await page.locator(".paper tbody tr").count();
    const lines = await page.locator(".paper tbody tr.struck").count();
    must(register !== "women_beat" || (rows === 3 && lines === 1), `${rows} lines, ${lines} struck`);
    if (lines) must(await page.locator(".paper tr.struck td").first().evaluate(struck), "what is struck does not look it");
    // Nothing is cut off at the edge of the sheet: 297 mm less twice 8 mm.
    await page.setViewportSize({ width: Math.floor((281 * 96) / 25.4), height: 800 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    must(over <= 0, `${register}: ${over} px wider than the sheet`);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ media: null });
    facts[register] = `${rows} lines, ${lines} struck, ${p.sheets.length} sheet`;
  }
  await page.context().close();
  return facts;
});

await scene("the SP draws lines, notes a finding with a direction and a day, and the in-charge complies", async () => {
  const chief = await at("sp", "/registers?centre=KRW");
  await chief.click("main a.button[href*='/console/inspection?']");
  await chief.selectOption('form[action$="/inspection/draw"] select[name=register]', "women_beat");
  await chief.fill("input[name=n]", "2");
  await chief.click('form[action$="/inspection/draw"] button.main');
  await chief.waitForSelector("form[action$='/ops/inspection.record']");
  const drawn = await chief.$$eval("table.register tbody th a", (all) => all.map((a) => a.textContent));
  must(drawn.length === 2, `${drawn.length} lines are drawn`);
  const text = await chief.inputValue('[name="f.findings"]');
  must(drawn.every((no) => text.includes(no)), `the findings begin with ${text}`);
  await chief.reload(); // nobody draws until he has what he wants
  must(JSON.stringify(await chief.$$eval("table.register tbody th a", (all) => all.map((a) => a.textContent))) === JSON.stringify(drawn), "another draw by loading the page again");
  await chief.selectOption('[name="f.kind"]', "monthly");
  await chief.fill('[name="f.findings"]', `${drawn[0]}: समय अंकित नहीं`);
  await chief.fill('[name="f.direction"]', "भ्रमण का समय अंकित किया जाय");
  await chief.selectOption('[name="f.assigned_to"]', "centre_incharge");
  await chief.fill('[name="f.due_at"]', "2026-11-25T18:00");
  await chief.click("form[action$='/ops/inspection.record'] button.main");
  await chief.waitForSelector(".note.good");
  must((await chief.textContent("#board")).includes("भ्रमण का समय अंकित किया जाय"), "the direction is not on the board");

  const head = await at("incharge", "/inspection");
  const card = head.locator("#board .card", { hasText: "भ्रमण का समय अंकित किया जाय" });
  must((await card.textContent()).includes("25 नवम्बर 2026"), await card.textContent());
  await chief.waitForTimeout(500);
  await card.locator("a[href*='inspection.comply']").click();
  await head.fill('[name="f.compliance"]', "समय अंकित करा दिया गया है");
  await head.click("form[action$='/ops/inspection.comply'] button.main");
  await head.waitForSelector(".note.good");
  // The inspector's page hears of it and shows it where it is to be judged.
  await chief.waitForFunction(() => [...document.querySelectorAll("#board section")].at(-1).textContent.includes("समय अंकित करा दिया गया है"));
  await chief.click("a[href*='inspection.close']");
  await chief.check('[name="f.accepted"][value="true"]');
  await again(chief, "sp");
  await chief.click("form[action$='/ops/inspection.close'] button.main");
  await chief.waitForSelector(".note.good");
  must(!(await chief.textContent("#board")).includes("भ्रमण का समय अंकित किया जाय"), "it stays on the board after its end");
  for (const page of [chief, head]) must(page.complaints.length === 0, page.complaints.join("\n"));
  await chief.context().close();
  await head.context().close();
  return { "lines drawn": drawn.length };
});

await close();
