// The keyboard alone: wherever the focus stops, it can be seen.
import { must } from "./stage.mjs";

/** What has the focus, and whether that can be seen: a ring of at least 2 px that is on the screen and under nothing. */
function focus() {
  const e = document.activeElement;
  if (!e || e === document.body) return { at: "nothing", html: "", seen: true };
  const style = getComputedStyle(e);
  const box = e.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inside = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const x = Math.min(Math.max(box.left + Math.min(box.width / 2, 20), 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  const under = top && (e.contains(top) || top.contains(e)) ? "" : top?.outerHTML.slice(0, 80);
  const main = e.matches("main, [tabindex='-1']"); // led there by a link or a telling, not by the key
  return {
    at: e.id || e.name || e.getAttribute("href") || e.textContent.trim().slice(0, 40) || e.tagName, value: e.value ?? "", tag: e.tagName, type: e.type ?? "",
    html: e.outerHTML.slice(0, 160), seen: main || (ring && inside && !under), ring, inside, under,
  };
}

/** How often the focus stopped. */
export let stops = 0;
export async function look(page) {
  const f = await page.evaluate(focus);
  stops++;
  must(f.seen, `the focus cannot be seen at ${page.url()}: ${JSON.stringify(f)}`);
  return f;
}

export const key = (page, name) => page.keyboard.press(name);

/** Goes on by Tab until the wanted element has the focus; each stop is looked at. */
export async function tabTo(page, selector, most = 150) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return;
    await key(page, "Tab");
    await look(page);
  }
  throw new Error(`no way by Tab to ${selector} at ${page.url()}: ${JSON.stringify(await page.evaluate(focus))}`);
}

export async function enter(page, selector, most) {
  await tabTo(page, selector, most);
  await Promise.all([page.waitForNavigation(), key(page, "Enter")]);
}

export async function type(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text); // as an input method of Hindi does
}

/** Chooses in a list by its arrow keys. */
export async function pick(page, selector, value) {
  await tabTo(page, selector);
  const [from, to] = await page.$eval(selector, (e, v) => [e.selectedIndex, [...e.options].findIndex((o) => o.value === v)], value);
  must(to >= 0, `${selector} has no ${value}`);
  for (let i = from; i < to; i++) await key(page, "ArrowDown");
  for (let i = from; i > to; i--) await key(page, "ArrowUp");
  must((await page.inputValue(selector)) === value, `${selector} is ${await page.inputValue(selector)}, not ${value}`);
}

/** Chooses one of several by Space and the arrows. */
export async function radio(page, name, value) {
  await tabTo(page, `[name="${name}"]`);
  await key(page, "Space");
  for (let i = 0; i < 30; i++) {
    if ((await page.evaluate(() => document.activeElement.value)) === value) break;
    await key(page, "ArrowDown");
    await look(page);
  }
  must(await page.isChecked(`[name="${name}"][value="${value}"]`), `${name} is not ${value}`);
}
