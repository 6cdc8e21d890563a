// The keyboard: single keys, outside of fields only.
import { button, byId, el } from "./dom.ts";

export interface Key {
  keys: string[];
  does: string;
  act: () => void;
}

const NAMES: Record<string, string> = { ArrowDown: "↓", ArrowUp: "↑" };

/** Answer keys, and list them in a dialog. */
export function listen(keys: readonly Key[]): void {
  const dialog = byId<HTMLDialogElement>("keys");
  const rows = keys.map((key) =>
    el("div", {}, el("dt", {}, ...key.keys.map((one) => el("kbd", {}, NAMES[one] ?? one))), el("dd", {}, key.does)),
  );
  const close = button("Close", () => dialog.close());
  dialog.append(el("h2", { id: "keys-title" }, "Keys"), el("dl", {}, ...rows), close);
  byId("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const field = (event.target as Element).closest("input, select, textarea");
    if (field && event.key !== "Escape") return;
    const onMap = (event.target as Element).closest("#map") && event.key.startsWith("Arrow");
    const found = onMap ? undefined : keys.find((key) => key.keys.includes(event.key === "Escape" ? "Esc" : event.key));
    if (!found) return;
    event.preventDefault();
    found.act();
  });
}
