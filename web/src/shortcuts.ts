// The keys of the page.
import type { App } from "./app.ts";
import { byId } from "./dom.ts";
import type { Key } from "./keys.ts";

/** Return what each key does. */
export function keysOf(app: App): Key[] {
  const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();
  return [
    { keys: ["/"], does: "search", act: () => focus("#f-q") },
    { keys: ["f"], does: "filters", act: () => focus("#f-cluster") },
    { keys: ["m"], does: "map: arrows move it, + and − zoom", act: () => focus("#map canvas, #map [role=button]") },
    { keys: ["t"], does: "table", act: () => app.table.move(0) },
    { keys: ["j", "ArrowDown"], does: "next ticket; Enter opens it", act: () => app.table.move(1) },
    { keys: ["k", "ArrowUp"], does: "ticket before", act: () => app.table.move(-1) },
    { keys: ["Esc"], does: "close", act: () => app.close() },
    { keys: ["g"], does: "show all places on the map", act: () => app.map.fit() },
    { keys: ["d"], does: "dispatch: who should go where", act: () => app.toggleDispatch() },
    { keys: ["r"], does: "ask for news now", act: () => void app.poller.now() },
    { keys: ["p"], does: "stop or go on asking", act: () => app.pause() },
    { keys: ["?"], does: "this list", act: () => byId<HTMLDialogElement>("keys").showModal() },
  ];
}
