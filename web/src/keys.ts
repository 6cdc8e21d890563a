// Keys; only outside of fields, and none with a modifier.

import {h} from "./dom.ts";

export interface Key {
  key: string;
  label: string;
  act: () => void;
}

export function listen(keys: Key[]): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, textarea")) return;
    const found = keys.find((one) => one.key === event.key);
    if (!found) return;
    if (document.body.dataset["state"] === "loading") return;
    event.preventDefault();
    found.act();
  });
}

export function drawKeys(dialog: HTMLElement, keys: Key[]): void {
  const all = [...keys.map((one) => [one.key, one.label]), ["↑ ↓ Enter", "choose and open a row of the table"], ["Esc", "close the panel"]];
  dialog.replaceChildren(h("h2", {}, "Keys"), h("dl", {}, ...all.flatMap(([key, label]) => [h("dt", {}, h("kbd", {}, key ?? "")), h("dd", {}, label ?? "")])),
    h("form", {method: "dialog"}, h("button", {}, "Close")));
}
