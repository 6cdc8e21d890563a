// The keyboard: single keys, outside of fields only.
import { button, byId, el } from "./dom.ts";

export interface Key {
  keys: string[];
  does: string;
  act: () => void;
}

const SETTING = "single-keys"; // WCAG 2.1.4: who speaks to the computer, or trembles, can switch them off
const NAMES: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑" };

/** Answer keys, and list them in a dialog. */
export function listen(keys: readonly Key[]): void {
  const dialog = byId<HTMLDialogElement>("keys");
  const rows = keys.map((key) =>
    el("div", {}, el("dt", {}, ...key.keys.map((one) => el("kbd", {}, NAMES[one] ?? one))), el("dd", {}, key.does)),
  );
  const close = button("Close", () => dialog.close());
  const single = el("input", { type: "checkbox", id: "single-keys", checked: areOn() });
  single.addEventListener("change", () => localStorage.setItem(SETTING, single.checked ? "on" : "off"));
  const choice = el("label", {}, single, " Single keys act (Esc always does)");
  dialog.append(el("h2", { id: "keys-title" }, "Keys"), el("dl", {}, ...rows), choice, close);
  byId("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const field = (event.target as Element).closest("input, select, textarea");
    if ((field || !areOn()) && event.key !== "Escape") return;
    const onMap = (event.target as Element).closest("#map") && event.key.startsWith("Arrow");
    const found = onMap ? undefined : keys.find((key) => key.keys.includes(event.key === "Escape" ? "Esc" : event.key));
    if (!found) return;
    event.preventDefault();
    found.act();
  });
}

function areOn(): boolean {
  return localStorage.getItem(SETTING) !== "off";
}
